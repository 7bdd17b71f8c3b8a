import type { DeviceActor } from '../../auth/actor.ts'
import type { Env } from '../../env.ts'
import { recordCheckIn } from '../../inventory/attributes/check-ins.ts'
import type { Configuration } from '../configuration.ts'
import { readConfiguration } from '../rows/configuration-rows.ts'

/** What the device is to be configured with. */
export async function findWantedConfiguration(env: Env, device: DeviceActor): Promise<Configuration> {
  recordCheckIn(env, device)
  return (await readConfiguration(env.db, device)).configured
}
