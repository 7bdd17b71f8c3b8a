export const DEPLOYMENTS = '/api/management/v1/deployments/deployments'
export const DEPLOYMENT = `${DEPLOYMENTS}/{id}` as const
/** Creates deployments to the devices that match a saved filter, and has what only Muster has. */
export const DYNAMIC_DEPLOYMENTS = '/api/management/v2/deployments/deployments'
export const DYNAMIC_DEPLOYMENT = `${DYNAMIC_DEPLOYMENTS}/{id}` as const
export const PREVIEW = `${DYNAMIC_DEPLOYMENTS}/preview` as const
