import { perObject } from '../../db/memory/per-object.ts'
import { TwoGenerationCache } from '../../db/memory/two-generation-cache.ts'
import type { Env } from '../../env.ts'
import type { DeviceActor } from '../actor.ts'
import { deviceTokens, SIGNATURE_LENGTH } from '../token.ts'

/** At least this number of tokens is cached, at most twice as many; each takes about 700 bytes. */
const CACHE_SIZE = 25_000

type VerifiedToken = { token: string; device: DeviceActor; expires_ms: number }
/** By signature. */
const cachesOf = perObject((_secret: Buffer) => new TwoGenerationCache<VerifiedToken>(CACHE_SIZE))

/**
 * Hashes of signatures that came recently. A token is cached when it comes a second time before another one has
 * overwritten its hash: of a fleet that is larger than the cache hardly any is, and the garbage collector has no
 * short-lived entries to move.
 */
const recentSignatures = new Int32Array(65_536)

/**
 * The device that a token names. Only the signature and the expiry are checked: the database knows whether it is
 * revoked.
 */
export function readDeviceToken(env: Env, token: string): DeviceActor | undefined {
  const cache = cachesOf(env.secret)
  // The signature is a short key; the whole token is compared all the same.
  const signature = token.slice(-SIGNATURE_LENGTH)
  let verified = cache.get(signature)
  if (verified?.token !== token) {
    verified = verify(env, token)
    if (!verified) return undefined
    if (seenRecently(signature)) cache.set(signature, verified)
  }
  return verified.expires_ms > env.now().getTime() ? verified.device : undefined
}

/** Whether this signature came recently. Stores its hash. */
function seenRecently(signature: string): boolean {
  let hash = 0
  for (let i = 0; i < 6; i++) hash = Math.imul(hash, 67) + signature.charCodeAt(i)
  const slot = (hash >>> 8) % recentSignatures.length
  const seen = recentSignatures[slot] === hash
  recentSignatures[slot] = hash
  return seen
}

function verify(env: Env, token: string): VerifiedToken | undefined {
  const claims = deviceTokens.verify(env.secret, token)
  if (!claims) return undefined
  const { 'mender.tenant': tenant_id, sub: device_id, jti: auth_set_id, generation: token_generation, exp } = claims
  return { token, device: { tenant_id, device_id, auth_set_id, token_generation }, expires_ms: exp * 1000 }
}
