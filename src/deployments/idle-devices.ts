import type { DeviceActor } from '../auth/actor.ts'
import { RecentNumbers } from '../db/recent-numbers.ts'
import type { Env } from '../env.ts'
import type { Versions } from './device-state.ts'

/** Half of the devices remembered; each takes about 90 bytes. */
const REMEMBERED = 500_000

/** By auth set, which names the device and, with the generation, the token that was good. */
type Idle = RecentNumbers<keyof Versions | 'token_generation' | 'until_ms'>
const remembered = new WeakMap<Env, Idle>()

/**
 * The versions for which no deployment had a place for the device, and its token was good. Whether they still stand is for the
 * database to say.
 */
export function idleVersions(
  env: Env,
  { tenant_id, auth_set_id, token_generation }: DeviceActor,
): Versions | undefined {
  const idle = remembered.get(env)?.get({ tenant_id, id: auth_set_id })
  return idle?.token_generation === token_generation && env.now().getTime() < idle.until_ms ? idle : undefined
}

/** `until_ms`: when a phase opens that the device waits for. */
export function rememberIdle(
  env: Env,
  { tenant_id, auth_set_id, token_generation }: DeviceActor,
  versions: Versions & { until_ms: number },
): void {
  const devices: Idle = remembered.get(env) ?? new RecentNumbers(REMEMBERED, COLUMNS)
  remembered.set(env, devices)
  devices.set({ tenant_id, id: auth_set_id }, { token_generation, ...versions })
}

const COLUMNS = ['attributes_version', 'deployments_version', 'token_generation', 'until_ms'] as const

export const forgetIdle = (env: Env, device: DeviceActor): void =>
  rememberIdle(env, device, { attributes_version: 0, deployments_version: 0, until_ms: 0 })
