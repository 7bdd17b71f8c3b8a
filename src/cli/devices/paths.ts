export const DEVICES = '/api/management/v2/devauth/devices'
export const DEVICE = `${DEVICES}/{id}` as const
