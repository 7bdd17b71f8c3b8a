export const INTEGRATIONS = '/api/management/v1/iot-manager/integrations'
export const INTEGRATION = `${INTEGRATIONS}/{id}` as const
/** What only Muster has. */
export const MUSTER_INTEGRATION = '/api/management/v2/iot-manager/integrations/{id}'
export const DELIVERIES = `${MUSTER_INTEGRATION}/deliveries` as const
