import { hash } from 'node:crypto'
import type { DeviceActor } from '../../auth/actor.ts'
import { isTokenOf, type TokenNumbers, tokenNumbers } from '../../auth/devices/token-numbers.ts'
import { trackingOf } from '../../db/invalidations/catch-up.ts'
import { DeviceCache, type Lease } from '../../db/invalidations/device-cache.ts'
import { CACHED_DEVICES } from '../../db/memory/cached-devices.ts'
import { perHistory } from '../../db/memory/per-history.ts'
import type { Env } from '../../env.ts'

/** The first 96 bits of a hash of a report, and whether it replaces all attributes. */
export type Digest = readonly [number, number]
/** The token with which it came, the version right after this very report was written, and the report. */
type KnownRow = [...token: TokenNumbers, device_version: number, ...Digest]
const DEVICE_VERSION_AT = 2

const cacheOf = perHistory(
  (env) =>
    new DeviceCache<KnownRow>(trackingOf(env), {
      ...{ size: CACHED_DEVICES, width: 5, version_at: DEVICE_VERSION_AT, by_deployments: false },
    }),
)

const REPLACES = 2 ** 48

export function digestOf({ replace, text }: { replace: boolean; text: Buffer }): Digest {
  const digest = hash('sha256', text, 'buffer')
  return [digest.readUIntBE(0, 6) + (replace ? REPLACES : 0), digest.readUIntBE(6, 6)]
}

/** `is_current`: whether nobody has changed the device since, and its token was valid then. */
export type KnownReport = { device_version: number; is_current: boolean }

/**
 * What is known of this very report; undefined: nothing. While the device has this version, the report would change
 * nothing.
 */
export function knownReport(env: Env, device: DeviceActor, digest: Digest): KnownReport | undefined {
  const cache = cacheOf(env)
  const known = cache.get(device)
  if (known?.[3] !== digest[0] || known[4] !== digest[1] || !isTokenOf(device, known)) return undefined
  return { device_version: known[DEVICE_VERSION_AT], is_current: cache.isCurrent(device.tenant_id, known) }
}

/** Before it is asked whether the token is valid at the version of a known report. */
export const leaseReport = (env: Env, device: DeviceActor): Lease => cacheOf(env).lease(device)

/** Both hold, as of after the lease. */
export const confirmReport = (env: Env, device: DeviceActor, lease: Lease): void => cacheOf(env).confirm(device, lease)

type Written = { digest: Digest; device_version: number; history: number }

/**
 * `device_version`: right after the report was written. `history`: of the database, before that. Not current: the token
 * may have become invalid just before the report was written.
 */
export function rememberReport(env: Env, device: DeviceActor, { digest, device_version, history }: Written): void {
  if (env.db.history() === history)
    cacheOf(env).setOutdated(device, [...tokenNumbers(device), device_version, ...digest])
}
