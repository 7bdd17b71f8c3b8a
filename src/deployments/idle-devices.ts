import type { DeviceActor } from '../auth/actor.ts'
import { RecentNumbers } from '../db/recent-numbers.ts'
import type { Env } from '../env.ts'
import type { Versions } from './device-state.ts'

/** Half of the devices remembered; each takes about 80 bytes. */
const REMEMBERED = 500_000

type Idle = RecentNumbers<keyof Versions | 'until_ms'>
const remembered = new WeakMap<Env, Idle>()

/** The versions for which no deployment had a place for the device. Whether they still stand is for the database to say. */
export function idleVersions(env: Env, device: DeviceActor): Versions | undefined {
  const idle = remembered.get(env)?.get(device)
  return idle && env.now().getTime() < idle.until_ms ? idle : undefined
}

/** `until_ms`: when a phase opens that the device waits for. */
export function rememberIdle(env: Env, device: DeviceActor, versions: Versions & { until_ms: number }): void {
  const devices: Idle =
    remembered.get(env) ?? new RecentNumbers(REMEMBERED, ['attributes_version', 'deployments_version', 'until_ms'])
  remembered.set(env, devices)
  devices.set(device, versions)
}
