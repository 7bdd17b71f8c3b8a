import type { DeviceActor } from '../auth/actor.ts'
import { Recent } from '../db/recent.ts'
import type { Env } from '../env.ts'
import type { Versions } from './device-state.ts'

/** Half of the devices remembered; each takes about 160 bytes. */
const REMEMBERED = 500_000

type Idle = Versions & { tenant_id: string; until_ms: number }
const remembered = new WeakMap<Env, Recent<Idle>>()

/** The versions for which no deployment had a place for the device. Whether they still stand is for the database to say. */
export function idleVersions(env: Env, { tenant_id, device_id }: DeviceActor): Versions | undefined {
  const idle = remembered.get(env)?.get(device_id)
  return idle?.tenant_id === tenant_id && env.now().getTime() < idle.until_ms ? idle : undefined
}

/** `until_ms`: when a phase opens that the device waits for. */
export function rememberIdle(
  env: Env,
  { tenant_id, device_id }: DeviceActor,
  { attributes_version, deployments_version, until_ms }: Versions & { until_ms: number },
): void {
  const devices = remembered.get(env) ?? new Recent<Idle>(REMEMBERED)
  remembered.set(env, devices)
  devices.set(device_id, { tenant_id, attributes_version, deployments_version, until_ms })
}
