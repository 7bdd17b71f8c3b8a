import {
  AuthorizationResponseError,
  authorizationCodeGrant,
  type Configuration,
  fetchUserInfo,
  ResponseBodyError,
} from 'openid-client'
import { Refusal } from '../../refusal.ts'
import { clocksDiffer, providerRefused, providerUnavailable, signInNotValid } from '../../sign-in-errors.ts'
import { type Claims, isIncomplete, isUsableName } from '../account.ts'
import { addressesOf, type ProviderRules } from '../provider.ts'
import type { SignInClaims } from '../token.ts'
import { describeFailure } from './describe-failure.ts'

type Exchange = {
  begun: SignInClaims
  /** The query with which the provider has sent the browser back. */
  query: string
  rules: ProviderRules
}

/** What a provider has said about an account, after all of it has been verified. */
export type Proven = { issuer: string; claims: Claims; id_token: string; sid: string | null }

/** A longer ID token does not fit into the address at which the session at the provider ends. */
const MAX_HINT_LENGTH = 4096

/** Exchanges the code of an authorization response. Verifies state, issuer, nonce, PKCE, signature, audience, times. */
export async function exchangeCode(client: Configuration, { begun, query, rules }: Exchange): Promise<Proven> {
  const { tenant_id, provider_id: id, base_url, code_verifier, state, nonce } = begun
  const url = new URL(addressesOf({ tenant_id, id }, base_url).redirect_uri)
  url.search = query
  try {
    const checks = { pkceCodeVerifier: code_verifier, expectedState: state, expectedNonce: nonce }
    const tokens = await authorizationCodeGrant(client, url, { ...checks, idTokenExpected: true })
    const id_claims: Claims = tokens.claims() ?? {}
    const claims = await completeClaims(client, tokens.access_token, { id_claims, rules })
    if (!isUsableName(id_claims.sub)) throw signInNotValid('its subject is too long, or no text')
    const { issuer } = client.serverMetadata()
    const { id_token = '' } = tokens
    const sid = isUsableName(id_claims.sid) ? id_claims.sid : null
    return { issuer, claims, id_token: id_token.length > MAX_HINT_LENGTH ? '' : id_token, sid }
  } catch (error) {
    throw error instanceof Refusal ? error : refusalOf(error)
  }
}

/** Adds what only the userinfo endpoint knows. An address and whether it is verified come from the same place. */
async function completeClaims(
  client: Configuration,
  access_token: string,
  { id_claims, rules }: { id_claims: Claims; rules: ProviderRules },
): Promise<Claims> {
  if (!isIncomplete(id_claims, rules) || !client.serverMetadata().userinfo_endpoint) return id_claims
  const more: Claims = await fetchUserInfo(client, access_token, String(id_claims.sub))
  const { email: _, email_verified: __, ...others } = id_claims
  return typeof more.email === 'string' ? { ...others, ...more } : { ...id_claims, ...more }
}

/** Failures of the library that mean that the provider, or the network, failed. All others: somebody has lied. */
const PROVIDER_FAILED = [
  ...[undefined, 'OAUTH_TIMEOUT', 'OAUTH_ABORT', 'OAUTH_RESPONSE_IS_NOT_CONFORM', 'OAUTH_RESPONSE_IS_NOT_JSON'],
  ...['OAUTH_WWW_AUTHENTICATE_CHALLENGE', 'OAUTH_HTTP_REQUEST_FORBIDDEN', 'OAUTH_REQUEST_PROTOCOL_FORBIDDEN'],
  ...['OAUTH_MISSING_SERVER_METADATA', 'OAUTH_INVALID_SERVER_METADATA'],
]

function refusalOf(error: unknown): Refusal {
  const problem = describeFailure(error)
  if (error instanceof AuthorizationResponseError) return providerRefused(problem)
  // The code was used before, or is not one for this client: only this is up to the browser.
  if (error instanceof ResponseBodyError)
    return error.error === 'invalid_grant' ? signInNotValid(problem) : providerUnavailable(problem)
  const { code } = error as { code?: string }
  if (code === 'OAUTH_JWT_TIMESTAMP_CHECK_FAILED') return clocksDiffer()
  return PROVIDER_FAILED.includes(code) ? providerUnavailable(problem) : signInNotValid(problem)
}
