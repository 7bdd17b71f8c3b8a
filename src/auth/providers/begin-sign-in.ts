import {
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client'
import type { Env } from '../../env.ts'
import { addressesOf } from '../provider.ts'
import { type SignInClaims, signInTokens } from '../token.ts'
import { connect } from './connect.ts'
import { findEnabledProvider } from './find-enabled-provider.ts'

/** For which a user may be at the provider. */
export const SIGN_IN_LIFETIME_S = 15 * 60

type Request = Pick<SignInClaims, 'tenant_id' | 'provider_id' | 'base_url' | 'return_to' | 'stay'>

/**
 * Returns where the user signs in, and a token that the browser brings back: it ties the sign-in to this browser, and
 * any process can complete it.
 */
export async function beginSignIn(env: Env, request: Request): Promise<{ url: string; token: string }> {
  const provider = await findEnabledProvider(env, { tenant_id: request.tenant_id, id: request.provider_id })
  const { client } = await connect(env, provider)
  const [state, nonce, code_verifier] = [randomState(), randomNonce(), randomPKCECodeVerifier()]
  const url = buildAuthorizationUrl(client, {
    ...{ redirect_uri: addressesOf(provider, request.base_url).redirect_uri, scope: provider.rules.scopes.join(' ') },
    ...{ state, nonce, code_challenge: await calculatePKCECodeChallenge(code_verifier), code_challenge_method: 'S256' },
  })
  const exp = Math.floor(env.now().getTime() / 1000) + SIGN_IN_LIFETIME_S
  const token = signInTokens.sign(env.secret, { ...request, state, nonce, code_verifier, exp })
  return { url: url.href, token }
}
