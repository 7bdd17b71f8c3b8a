import type { DeviceActor } from '../../auth/actor.ts'
import { NumericCache } from '../../db/memory/numeric-cache.ts'
import { perHistory } from '../../db/memory/per-history.ts'
import type { Env } from '../../env.ts'
import type { Versions } from './device-state.ts'

/** Half of the number of devices that are cached; each takes about 90 bytes. */
const REMEMBERED = 500_000

/** By auth set, which identifies the device and, with the generation, the token that was valid. */
type Idle = [device_version: number, deployments_version: number, token_generation: number, until_ms: number]
const remembered = perHistory(() => new NumericCache<Idle>(REMEMBERED, 4))

/** The versions at which there was no deployment for the device and its token was valid. They may no longer hold. */
export function idleVersions(
  env: Env,
  { tenant_id, auth_set_id, token_generation }: DeviceActor,
): Versions | undefined {
  const idle = remembered(env).get({ tenant_id, id: auth_set_id })
  if (!idle) return undefined
  const [device_version, deployments_version, generation, until_ms] = idle
  const holds = generation === token_generation && env.now().getTime() < until_ms
  return holds ? { device_version, deployments_version, history: env.db.history() } : undefined
}

/** `until_ms`: when a phase that the device waits for opens. */
export function rememberIdle(
  env: Env,
  { tenant_id, auth_set_id, token_generation }: DeviceActor,
  { device_version, deployments_version, history, until_ms }: Versions & { until_ms: number },
): void {
  if (env.db.history() !== history) return
  const versions: Idle = [device_version, deployments_version, token_generation, until_ms]
  remembered(env).set({ tenant_id, id: auth_set_id }, versions)
}

export const forgetIdle = (env: Env, device: DeviceActor): void =>
  rememberIdle(env, device, { device_version: 0, deployments_version: 0, history: env.db.history(), until_ms: 0 })
