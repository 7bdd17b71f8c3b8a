export const INTEGRATIONS = '/api/management/v1/iot-manager/integrations'

export const deliveriesOf = (id: string): string =>
  `/api/management/v2/iot-manager/integrations/${encodeURIComponent(id)}/deliveries`
