import { type Static, Type } from 'typebox'
import { invalidField } from '../errors.ts'
import { type AddressRule, addressIn } from '../outgoing/address-rules.ts'

/** How many sign-in providers a tenant may have. */
export const MAX_PROVIDERS = 10

const Name = Type.String({
  ...{ minLength: 1, maxLength: 64, pattern: '^\\S(.*\\S)?$' },
  description: 'Name on the button: “Sign in with …”',
})
const Text = (maxLength: number, description: string) => Type.String({ minLength: 1, maxLength, description })

const RoleMapping = Type.Object(
  {
    value: Text(512, 'A value of the claim'),
    roles: Type.Array(Type.String(), { minItems: 1, maxItems: 20, description: 'Roles of users who have the value' }),
  },
  { additionalProperties: false, title: 'RoleMapping', description: 'The roles that a value of a claim gives' },
)

const RULES = {
  scopes: Type.Array(Type.String({ pattern: '^[\\x21\\x23-\\x5B\\x5D-\\x7E]{1,128}$' }), {
    ...{ maxItems: 20, description: 'Scopes that are requested; `openid` always is' },
  }),
  roles_claim: Type.Optional(
    Text(
      256,
      'The claim that decides about roles, such as `groups`, or `realm_access.roles` within another; absent: Muster decides',
    ),
  ),
  role_mappings: Type.Array(RoleMapping, { maxItems: 100, description: 'Which values of the claim give which roles' }),
  default_roles: Type.Array(Type.String(), {
    maxItems: 20,
    description:
      'Roles of accounts that have no mapped value, and of new users without a claim; none: they are refused',
  }),
  create_users: Type.Boolean({ description: 'Whether the first sign-in of an account creates a user' }),
  link_users: Type.Boolean({
    description: 'Whether an account belongs to the user who has its e-mail address, if the provider has verified it',
  }),
  email_domains: Type.Array(Type.String({ pattern: '^[^\\s@]{1,253}$' }), {
    maxItems: 50,
    description:
      'Domains of the verified e-mail addresses for which users are created or linked; none: any, also not verified ones',
  }),
  session_hours: Type.Integer({ minimum: 1, maximum: 168, description: 'Hours after which a session ends' }),
  ends_provider_session: Type.Boolean({
    description: 'Whether signing out also ends the session at the provider, if it offers that',
  }),
}

const shared = {
  name: Name,
  issuer: Text(2048, 'Issuer, as in the `issuer` of `/.well-known/openid-configuration`'),
  client_id: Text(512, 'ID of Muster as a client of the provider'),
}
const enabled = Type.Boolean({ description: 'Whether users can sign in by it' })

/** What the tenant decides about those who sign in by a provider. */
export const ProviderRules = Type.Object(RULES)
export type ProviderRules = Static<typeof ProviderRules>

const content = {
  ...shared,
  client_secret: Type.Optional(
    Type.String({ maxLength: 1024, description: 'Secret of the client; empty: it has none; absent: as before' }),
  ),
  enabled: Type.Optional(enabled),
  ...Type.Partial(ProviderRules).properties,
}

export const NewProvider = Type.Object(
  {
    id: Type.Optional(
      Type.String({
        pattern: '^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$',
        description: 'ID, which is part of the addresses to register, such as `keycloak`; absent: a random one',
      }),
    ),
    ...content,
  },
  {
    ...{ additionalProperties: false, title: 'NewSignInProvider' },
    description: 'A sign-in provider to create: members that are absent get their defaults',
  },
)
export type NewProvider = Static<typeof NewProvider>

export const ChangedProvider = Type.Object(content, {
  ...{ additionalProperties: false, title: 'SignInProviderChange' },
  description: 'A sign-in provider: members that are absent, other than `client_secret`, get their defaults',
})
export type ChangedProvider = Static<typeof ChangedProvider>

export const Provider = Type.Object(
  {
    id: Type.String({ description: 'ID of the sign-in provider' }),
    ...shared,
    has_client_secret: Type.Boolean({
      description: 'Whether there is a secret of the client, which is never returned',
    }),
    enabled,
    ...RULES,
    redirect_uri: Type.String({ description: 'Where the provider has to send users back: register it there' }),
    post_logout_redirect_uri: Type.String({
      description: 'Where it sends users who have signed out: register it there',
    }),
    backchannel_logout_uri: Type.String({
      description: 'Where it reports sessions that have ended: register it there',
    }),
    created_ts: Type.String({ format: 'date-time', description: 'Time of creation' }),
    updated_ts: Type.String({ format: 'date-time', description: 'Time of the last change' }),
  },
  { title: 'SignInProvider', description: 'An OpenID Connect provider by whose accounts users sign in' },
)
export type Provider = Static<typeof Provider>

export const ProviderCheck = Type.Object(
  {
    works: Type.Boolean({ description: 'Whether the provider describes itself as OpenID Connect requires' }),
    problem: Type.Optional(Type.String({ description: 'Why it does not' })),
    signs_out: Type.Optional(Type.Boolean({ description: 'Whether it offers to end its session' })),
    logs_out: Type.Optional(Type.Boolean({ description: 'Whether it says that it reports sessions that have ended' })),
  },
  { title: 'SignInProviderCheck', description: 'What a sign-in provider says about itself' },
)
export type ProviderCheck = Static<typeof ProviderCheck>

const DEFAULTS: ProviderRules = {
  scopes: ['openid', 'email', 'profile'],
  role_mappings: [],
  default_roles: [],
  create_users: false,
  link_users: false,
  email_domains: [],
  session_hours: 24,
  ends_provider_session: true,
}

/** The rules of a provider that a request describes. */
export function rulesIn(provider: ChangedProvider & { id?: string }): ProviderRules {
  const { id, name, issuer, client_id, client_secret, enabled, ...rules } = provider
  const all = { ...DEFAULTS, ...rules }
  const email_domains = all.email_domains.map((domain) => domain.toLowerCase().replace(/\.$/, ''))
  return { ...all, email_domains, scopes: [...new Set(['openid', ...all.scopes])] }
}

/** All roles that the rules may give. */
export const rolesIn = ({ default_roles, role_mappings }: ProviderRules): string[] => [
  ...new Set([...default_roles, ...role_mappings.flatMap(({ roles }) => roles)]),
]

/** Returns the issuer in one form. Rejects one to which no connection would ever be made. */
export function requireIssuer(issuer: string, isAllowed: AddressRule): string {
  const problem = problemOf(issuer, isAllowed)
  if (problem) throw invalidField('issuer', problem)
  const { origin, pathname } = new URL(issuer)
  return pathname === '/' ? origin : origin + pathname
}

function problemOf(issuer: string, isAllowed: AddressRule): string | undefined {
  if (!/^https?:\/\/[\x21-\x7e]+$/i.test(issuer) || !URL.canParse(issuer)) return 'must be a URL with https://'
  const { protocol, hostname, username, password, search, hash, pathname } = new URL(issuer)
  if (username || password || search || hash) return 'must have no user name, password, query or fragment'
  if (pathname.includes('/.well-known/')) return 'must end before /.well-known/openid-configuration'
  if (protocol === 'http:' && !isLocal(hostname)) return 'must begin with https://'
  const address = addressIn(issuer)
  if (address !== undefined && !isAllowed(address))
    return 'must be public: private, loopback and other special addresses are allowed by MUSTER_SIGN_IN_ALLOW only'
  return undefined
}

/** What is sent there does not leave the machine. */
const isLocal = (host: string): boolean => host === 'localhost' || host === '[::1]' || /^127(\.\d+){3}$/.test(host)

export const isInsecure = (issuer: string): boolean => issuer.startsWith('http:')

const OPEN = '/api/management/v1/useradm/auth/providers'

type Place = { tenant_id: string; id: string }
export const pathOfProvider = ({ tenant_id, id }: Place): string => `${OPEN}/${tenant_id}/${id}`

/** What an administrator registers at the provider. `base_url`: of this server, as browsers reach it. */
export const addressesOf = (provider: Place, base_url: string) => ({
  redirect_uri: `${base_url}${pathOfProvider(provider)}/callback`,
  post_logout_redirect_uri: `${base_url}/`,
  backchannel_logout_uri: `${base_url}${pathOfProvider(provider)}/backchannel_logout`,
})
