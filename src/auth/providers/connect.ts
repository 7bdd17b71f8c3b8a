import { createRemoteJWKSet, type JWTVerifyGetKey, customFetch as joseFetch } from 'jose'
import {
  allowInsecureRequests,
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  type Configuration,
  clockTolerance,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  None,
} from 'openid-client'
import { perEnv } from '../../db/memory/per-object.ts'
import type { Env } from '../../env.ts'
import { addressRule } from '../../outgoing/address-rules.ts'
import { fetchAllowed } from '../../outgoing/fetch-allowed.ts'
import { providerUnavailable } from '../../sign-in-errors.ts'
import { CLOCK_TOLERANCE_S } from '../account.ts'
import { isInsecure } from '../provider.ts'
import { describeFailure } from './describe-failure.ts'
import type { ProviderRow } from './provider-rows.ts'

/** What a provider says about itself, and its keys, which are read again if one is unknown. */
export type Connected = { client: Configuration; keys: JWTVerifyGetKey }

const TIMEOUT_S = 5
/** After this time a provider may describe itself differently. */
const MAX_AGE_MS = 10 * 60 * 1000
const MAX_KNOWN = 1000

type Known = { version: string; until: number; connected: Promise<Connected> }
const knownOf = perEnv(() => new Map<string, Known>())

/** Reads what a provider says about itself, unless this process knows. */
export function connect(env: Env, provider: ProviderRow): Promise<Connected> {
  const known = knownOf(env)
  const now = env.now().getTime()
  const key = `${provider.tenant_id}/${provider.id}`
  const found = known.get(key)
  if (found && found.version === provider.updated_ts && now < found.until && now >= found.until - MAX_AGE_MS)
    return found.connected
  if (known.size >= MAX_KNOWN) known.clear()
  const connected = discover(env, provider)
  const entry = { version: provider.updated_ts, until: now + MAX_AGE_MS, connected }
  known.set(key, entry)
  connected.catch(() => {
    if (known.get(key) === entry) known.delete(key)
  })
  return connected
}

async function discover({ config }: Env, { issuer, client_id, client_secret }: ProviderRow): Promise<Connected> {
  const addresses = { isAllowed: addressRule(config.sign_in.allow), allowed_by: 'MUSTER_SIGN_IN_ALLOW' }
  const fetch = fetchAllowed(addresses)
  try {
    const metadata = { [clockTolerance]: CLOCK_TOLERANCE_S }
    const client = await discovery(new URL(issuer), client_id, metadata, authenticationBy(client_secret), {
      [customFetch]: fetch,
      execute: [enableNonRepudiationChecks, ...(isInsecure(issuer) ? [allowInsecureRequests] : [])],
      timeout: TIMEOUT_S,
    })
    const { issuer: named, authorization_endpoint, jwks_uri } = client.serverMetadata()
    // The library lets pass an issuer of Entra ID for all tenants, whose accounts anybody can create.
    if (new URL(named).href !== new URL(issuer).href) throw new Error(`it calls itself ${named}`)
    if (!authorization_endpoint || !jwks_uri)
      throw new Error('it does not say where users sign in, or where its keys are')
    const keys = createRemoteJWKSet(new URL(jwks_uri), { [joseFetch]: fetch, timeoutDuration: TIMEOUT_S * 1000 })
    return { client, keys }
  } catch (error) {
    throw providerUnavailable(describeFailure(error))
  }
}

/** `client_secret_basic` is the default of OpenID Connect; a provider that lacks it says so. */
function authenticationBy(secret: string | null): ClientAuth {
  if (secret === null) return None()
  const [basic, post] = [ClientSecretBasic(secret), ClientSecretPost(secret)]
  return (server, ...others) => {
    const { token_endpoint_auth_methods_supported: methods = ['client_secret_basic'] } = server
    return (methods.includes('client_secret_basic') ? basic : post)(server, ...others)
  }
}
