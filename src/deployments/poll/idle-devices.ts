import type { DeviceActor } from '../../auth/actor.ts'
import { isTokenOf, type TokenNumbers, tokenNumbers } from '../../auth/devices/token-numbers.ts'
import { trackingOf } from '../../db/invalidations/catch-up.ts'
import { DeviceCache, type Lease } from '../../db/invalidations/device-cache.ts'
import { CACHED_DEVICES } from '../../db/memory/cached-devices.ts'
import { perHistory } from '../../db/memory/per-history.ts'
import type { Env } from '../../env.ts'
import type { Versions } from './device-state.ts'

/**
 * The token that was valid, the versions, and when a phase opens that the device waits for. About 200 bytes for each
 * device.
 */
type Idle = [...token: TokenNumbers, device_version: number, deployments_version: number, until_ms: number]
const DEVICE_VERSION_AT = 3

const cacheOf = perHistory(
  (env) =>
    new DeviceCache<Idle>(trackingOf(env), {
      ...{ size: CACHED_DEVICES, width: 6, version_at: DEVICE_VERSION_AT, by_deployments: true },
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
  const [, , , device_version, deployments_version, until_ms] = idle
  if (env.now().getTime() >= until_ms) return undefined
  const is_current = cache.isCurrent(device.tenant_id, idle)
  if (!is_current && env.db.distribution.shards) return undefined
  return { device_version, deployments_version, is_current }
}

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
  cacheOf(env).set(device, [...tokenNumbers(device), device_version, deployments_version, until_ms], lease)
}

/** The versions that were remembered hold, as of after the lease. */
export const confirmIdle = (env: Env, device: DeviceActor, lease: Lease): void => cacheOf(env).confirm(device, lease)

export const forgetIdle = (env: Env, device: DeviceActor): void => cacheOf(env).forget(device)
