export const INTEGRATIONS = '/api/management/v1/iot-manager/integrations'

export const integrationOf = (id: string): string =>
  `/api/management/v2/iot-manager/integrations/${encodeURIComponent(id)}`

export const deliveriesOf = (id: string): string => `${integrationOf(id)}/deliveries`
