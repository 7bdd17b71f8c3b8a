import type { SignInProvider } from '../../client/api.ts'
import { facts } from '../remote/print.ts'

const yesOrNo = (value: boolean): string => (value ? 'yes' : 'no')

export const providerFacts = (provider: SignInProvider): string =>
  facts({
    ID: provider.id,
    Name: provider.name,
    Enabled: yesOrNo(provider.enabled),
    Issuer: provider.issuer,
    'Client ID': provider.client_id,
    'Client secret': provider.has_client_secret ? 'set' : 'none',
    Scopes: provider.scopes.join(' '),
    'Roles claim': provider.roles_claim ?? 'none: roles are given in Muster',
    'Role mappings':
      provider.role_mappings.map(({ value, roles }) => `${value} = ${roles.join(', ')}`).join('; ') || 'none',
    'Default roles': provider.default_roles.join(', ') || 'none',
    'Creates users': yesOrNo(provider.create_users),
    'Links users': yesOrNo(provider.link_users),
    'E-mail domains': provider.email_domains.join(', ') || 'any',
    'Session hours': provider.session_hours,
    'Ends its session': yesOrNo(provider.ends_provider_session),
    'Redirect URI': provider.redirect_uri,
    'Post-logout redirect URI': provider.post_logout_redirect_uri,
    'Back-channel logout URI': provider.backchannel_logout_uri,
  })
