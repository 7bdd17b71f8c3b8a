import type { DeviceActor } from '../auth/actor.ts'
import type { Env } from '../env.ts'
import type { NewAttribute } from './attribute.ts'
import { writeScope } from './write-scope.ts'

/** What a device says of itself, all of it or some. The answer is sent after the commit: its next poll knows of it. */
export const reportAttributes = (
  env: Env,
  { tenant_id, device_id }: DeviceActor,
  report: { replace: boolean; attributes: readonly NewAttribute[] },
): Promise<void> => writeScope(env, { tenant_id, device_id, scope: 'inventory', check_in: true, ...report })
