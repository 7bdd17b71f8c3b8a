import type { DeviceActor } from '../../auth/actor.ts'
import { isTokenOf, type TokenNumbers, tokenNumbers } from '../../auth/devices/token-numbers.ts'
import type { UnverifiedToken } from '../../auth/devices/unverified-token.ts'
import { trackingOf } from '../../db/invalidations/catch-up.ts'
import { DeviceCache, type Lease } from '../../db/invalidations/device-cache.ts'
import { CACHED_DEVICES } from '../../db/memory/cached-devices.ts'
import type { KeyedHash } from '../../db/memory/keyed-hash.ts'
import { perHistory } from '../../db/memory/per-history.ts'
import type { Env } from '../../env.ts'
import type { Versions } from './device-state.ts'

/**
 * The token that was valid, the versions, until when the rest holds, the hash of the token as it came, and from when on
 * a check-in is to be recorded. About 240 bytes for each device.
 */
type Idle = [
  ...token: TokenNumbers,
  device_version: number,
  deployments_version: number,
  until_ms: number,
  ...hash: KeyedHash,
  check_in_ms: number,
]
const WIDTH = 8
const [DEVICE_VERSION_AT, UNTIL_AT, HASH_AT, CHECK_IN_AT] = [2, 4, 5, 7]
/** No hash is negative. */
const NO_HASH = -1

const cacheOf = perHistory(
  (env) =>
    new DeviceCache<Idle>(trackingOf(env), {
      ...{ size: CACHED_DEVICES, width: WIDTH, version_at: DEVICE_VERSION_AT, by_deployments: true },
    }),
)

/** `is_current`: whether they hold as of the changes that were read last. */
export type IdleVersions = Omit<Versions, 'history'> & { is_current: boolean }

/**
 * The versions at which there was no deployment for the device and its token was valid. They may no longer hold. On a
 * cluster, deployments and the device are read at two moments: what was found is forgotten instead of compared.
 */
export function idleVersions(env: Env, device: DeviceActor): IdleVersions | undefined {
  const cache = cacheOf(env)
  const idle = cache.get(device)
  if (!idle || !isTokenOf(device, idle)) return undefined
  const [, , device_version, deployments_version, until_ms] = idle
  if (env.now().getTime() >= until_ms) return undefined
  const is_current = cache.isCurrent(device.tenant_id, idle)
  if (!is_current && env.db.distribution.shards) return undefined
  return { device_version, deployments_version, is_current }
}

/** What is known of the device of a token that was verified before. `tenant_id`: of the device. */
export type IdleToken = { tenant_id: string; until_ms: number; check_in_ms: number }

/** Undefined: it is not known that the token is valid and its device idle, as of the changes that were read last. */
export function idleToken(env: Env, { device, hash }: UnverifiedToken): IdleToken | undefined {
  const cache = cacheOf(env)
  const idle = cache.findCurrent(device)
  if (!idle || idle.get(HASH_AT) !== hash[0] || idle.get(HASH_AT + 1) !== hash[1]) return undefined
  return { tenant_id: cache.tenantOf(idle), until_ms: idle.get(UNTIL_AT), check_in_ms: idle.get(CHECK_IN_AT) }
}

type Verified = { hash: KeyedHash; expires_ms: number }

/** The token by which the device was found to be idle has this hash, and has been verified. */
export function rememberToken(env: Env, device: DeviceActor, { hash, expires_ms }: Verified): void {
  const cache = cacheOf(env)
  const idle = cache.get(device)
  if (!idle || !isTokenOf(device, idle)) return
  cache.update(device, UNTIL_AT, Math.min(idle[4], expires_ms))
  cache.update(device, HASH_AT, hash[0])
  cache.update(device, HASH_AT + 1, hash[1])
}

/** From when on a check-in of the device is to be recorded. */
export const rememberCheckIn = (env: Env, device: Pick<DeviceActor, 'tenant_id' | 'device_id'>, at_ms: number): void =>
  cacheOf(env).update(device, CHECK_IN_AT, at_ms)

/** Before the state of the device is read. The device is not known as idle then, until it is found to be. */
export const leaseIdle = (env: Env, device: DeviceActor): Lease => cacheOf(env).lease(device)

/** `until_ms`: when a phase that the device waits for opens. `lease`: taken before the versions were read. */
export function rememberIdle(
  env: Env,
  device: DeviceActor,
  {
    device_version,
    deployments_version,
    until_ms,
    lease,
  }: Omit<Versions, 'history'> & { until_ms: number; lease: Lease },
): void {
  const row: Idle = [...tokenNumbers(device), device_version, deployments_version, until_ms, NO_HASH, NO_HASH, 0]
  cacheOf(env).set(device, row, lease)
}

/** The versions that were remembered hold, as of after the lease. */
export const confirmIdle = (env: Env, device: DeviceActor, lease: Lease): void => cacheOf(env).confirm(device, lease)

export const forgetIdle = (env: Env, device: DeviceActor): void => cacheOf(env).forget(device)
