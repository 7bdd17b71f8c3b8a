import type { ChangedProvider, Provider } from '../../../api/sign-in.ts'

/** A row of the form; `key` distinguishes rows that are equal. */
export type MappingRow = { key: number; value: string; roles: string[] }

/** What the form shows. An empty secret is none or, of a provider that has one, the same as before. */
export type Draft = {
  id: string
  name: string
  issuer: string
  client_id: string
  client_secret: string
  enabled: boolean
  scopes: string[]
  roles_claim: string
  role_mappings: MappingRow[]
  default_roles: string[]
  create_users: boolean
  link_users: boolean
  email_domains: string[]
  session_hours: number | string
  ends_provider_session: boolean
}

const NEW: Draft = {
  ...{ id: '', name: '', issuer: '', client_id: '', client_secret: '', enabled: true },
  ...{ scopes: ['openid', 'email', 'profile'], roles_claim: '', role_mappings: [], default_roles: [] },
  ...{ create_users: true, link_users: false, email_domains: [], session_hours: 24, ends_provider_session: true },
}

export function toDraft(provider: Provider | undefined): Draft {
  if (!provider) return NEW
  const { has_client_secret, redirect_uri, post_logout_redirect_uri, backchannel_logout_uri, ...others } = provider
  const { created_ts, updated_ts, roles_claim = '', role_mappings, ...rest } = others
  const rows = role_mappings.map((mapping, key) => ({ ...mapping, key }))
  return { ...rest, client_secret: '', roles_claim, role_mappings: rows }
}

export function toProvider(draft: Draft): ChangedProvider {
  const { id, client_secret, roles_claim, role_mappings, session_hours, ...others } = draft
  const claim = roles_claim.trim()
  const rows = role_mappings.filter(({ value, roles }) => value.trim() !== '' || roles.length > 0)
  return {
    ...others,
    ...{ name: draft.name.trim(), issuer: draft.issuer.trim(), client_id: draft.client_id.trim() },
    ...{ session_hours: Number(session_hours), role_mappings: rows.map(({ value, roles }) => ({ value, roles })) },
    ...(client_secret === '' ? {} : { client_secret }),
    ...(claim === '' ? {} : { roles_claim: claim }),
  }
}

const PATH = '/api/management/v1/useradm/auth/providers'

/** What is registered at the provider, before the provider is saved. */
export const addressesOf = (base_url: string, tenant_id: string, id: string) => ({
  redirect_uri: `${base_url}${PATH}/${tenant_id}/${id}/callback`,
  post_logout_redirect_uri: `${base_url}/`,
  backchannel_logout_uri: `${base_url}${PATH}/${tenant_id}/${id}/backchannel_logout`,
})
