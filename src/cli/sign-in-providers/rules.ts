import type { RoleMapping, SignInProvider, SignInProviderChange } from '../../client/api.ts'
import { type Options, optional, several, UsageError, type Values, wholeNumber } from '../command.ts'
import { readSecret } from '../secret.ts'

export const RULES_HELP = `  --client-secret SECRET   secret of the client; - reads it from standard input
  --enabled yes|no         whether users can sign in by it
  --scope SCOPE            requested besides openid (email and profile); may be given several times
  --roles-claim CLAIM      claim that decides about roles, such as groups; '' leaves roles to Muster
  --map VALUE=ROLE         a value of the claim, and a role that it gives; may be given several times: these replace all
                           others
  --default-role ROLE      role of accounts without a mapped value, and of new users; may be given several times; ''
                           removes all: such accounts are refused
  --create-users yes|no    whether the first sign-in of an account creates a user
  --link-users yes|no      whether an account belongs to the user who has its verified e-mail address
  --email-domain DOMAIN    domain of verified addresses for which users are created or linked; may be given several
                           times; '' allows any
  --session-hours HOURS    hours after which a session ends
  --end-session yes|no     whether signing out also ends the session at the provider
`

export const RULE_OPTIONS = {
  ...{ 'client-secret': { type: 'string' }, enabled: { type: 'string' } },
  ...{ scope: { type: 'string', multiple: true }, 'roles-claim': { type: 'string' } },
  ...{ map: { type: 'string', multiple: true }, 'default-role': { type: 'string', multiple: true } },
  ...{ 'create-users': { type: 'string' }, 'link-users': { type: 'string' } },
  ...{ 'email-domain': { type: 'string', multiple: true }, 'session-hours': { type: 'string' } },
  ...{ 'end-session': { type: 'string' } },
} satisfies Options

/** The members of a provider that options give. */
export async function readRules(values: Values): Promise<Partial<SignInProviderChange>> {
  const given = {
    client_secret: await readSecret(values, 'client-secret'),
    enabled: yesOrNo(values, 'enabled'),
    scopes: names(values, 'scope'),
    roles_claim: optional(values, 'roles-claim'),
    role_mappings: values.map === undefined ? undefined : mappings(several(values, 'map').filter(Boolean)),
    default_roles: names(values, 'default-role'),
    create_users: yesOrNo(values, 'create-users'),
    link_users: yesOrNo(values, 'link-users'),
    email_domains: names(values, 'email-domain'),
    session_hours: wholeNumber(values, 'session-hours', 1),
    ends_provider_session: yesOrNo(values, 'end-session'),
  }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}

/** What the API takes of what it returns. An empty claim is none. */
export function toChange(provider: SignInProvider & Partial<SignInProviderChange>): SignInProviderChange {
  const { id, has_client_secret, redirect_uri, post_logout_redirect_uri, backchannel_logout_uri, ...others } = provider
  const { created_ts, updated_ts, roles_claim, ...rest } = others
  return roles_claim ? { ...rest, roles_claim } : rest
}

function yesOrNo(values: Values, name: string): boolean | undefined {
  const text = optional(values, name)
  if (text === undefined || text === 'yes' || text === 'no') return text && text === 'yes'
  throw new UsageError(`--${name} must be yes or no`)
}

const names = (values: Values, name: string): string[] | undefined =>
  values[name] === undefined ? undefined : several(values, name).filter(Boolean)

/** Values may contain `=`; roles do not. */
function mappings(texts: readonly string[]): RoleMapping[] {
  const roles = new Map<string, string[]>()
  for (const text of texts) {
    const [, value, role] = /^(.+)=([^=]+)$/.exec(text) ?? []
    if (value === undefined || role === undefined) throw new UsageError('--map must be VALUE=ROLE')
    roles.set(value, [...(roles.get(value) ?? []), role])
  }
  return [...roles].map(([value, roles]) => ({ value, roles }))
}
