export const DEPLOYMENTS = '/api/management/v1/deployments/deployments'
/** Creates deployments to the devices that match a saved filter. */
export const DYNAMIC_DEPLOYMENTS = '/api/management/v2/deployments/deployments'
