export const DEVICES = '/api/management/v2/devauth/devices'
