export const DEPLOYMENTS = '/api/management/v1/deployments/deployments'
/** For deployments to the devices that match a saved filter. */
export const DYNAMIC_DEPLOYMENTS = '/api/management/v2/deployments/deployments'
