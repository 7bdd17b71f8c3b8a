const USERADM = '/api/management/v1/useradm'
export const PROVIDERS = `${USERADM}/sign_in_providers` as const
export const PROVIDER = `${PROVIDERS}/{id}` as const
export const SIGN_IN_SETTINGS = `${USERADM}/sign_in_settings` as const
