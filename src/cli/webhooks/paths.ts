export const INTEGRATIONS = '/api/management/v1/iot-manager/integrations'
export const INTEGRATION = `${INTEGRATIONS}/{id}` as const
/** What only Muster has. */
export const INTEGRATION_V2 = '/api/management/v2/iot-manager/integrations/{id}'
export const DELIVERIES = `${INTEGRATION_V2}/deliveries` as const
