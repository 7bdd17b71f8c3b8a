export const CONFIGURATION = '/api/management/v1/deviceconfig/configurations/device/{device}'
