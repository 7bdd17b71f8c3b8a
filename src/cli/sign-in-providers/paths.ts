const USERADM = '/api/management/v1/useradm'
export const PROVIDERS = `${USERADM}/sign_in_providers`
export const SIGN_IN_SETTINGS = `${USERADM}/sign_in_settings`

export const providerPath = (id: string): string => `${PROVIDERS}/${encodeURIComponent(id)}`
