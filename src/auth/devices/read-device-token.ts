import { perObject } from '../../db/memory/per-object.ts'
import { SeenRecently } from '../../db/memory/seen-recently.ts'
import { TwoGenerationCache } from '../../db/memory/two-generation-cache.ts'
import type { Env } from '../../env.ts'
import type { DeviceActor } from '../actor.ts'
import { deviceTokens, SIGNATURE_LENGTH } from '../token.ts'

/** At least this number of tokens is cached, at most twice as many; each takes about 700 bytes. */
const CACHE_SIZE = 25_000

export type VerifiedToken = { token: string; device: DeviceActor; expires_ms: number }
/** By signature. */
const cachesOf = perObject((_secret: Buffer) => new TwoGenerationCache<VerifiedToken>(CACHE_SIZE))

const recentSignatures = new SeenRecently()

/**
 * The device that a token names, and when it expires. Only the signature and the expiry are checked: the database knows
 * whether it is revoked.
 */
export function readDeviceToken(env: Env, token: string): VerifiedToken | undefined {
  const cache = cachesOf(env.secret)
  // The signature is a short key; the whole token is compared all the same.
  const signature = token.slice(-SIGNATURE_LENGTH)
  let verified = cache.get(signature)
  if (verified?.token !== token) {
    verified = verify(env, token)
    if (!verified) return undefined
    if (recentSignatures.note(signature)) cache.set(signature, verified)
  }
  return verified.expires_ms > env.now().getTime() ? verified : undefined
}

function verify(env: Env, token: string): VerifiedToken | undefined {
  const claims = deviceTokens.verify(env.secret, token)
  if (!claims) return undefined
  const { 'mender.tenant': tenant_id, sub: device_id, jti: auth_set_id, generation: token_generation, exp } = claims
  return { token, device: { tenant_id, device_id, auth_set_id, token_generation }, expires_ms: exp * 1000 }
}
