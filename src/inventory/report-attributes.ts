import type { DeviceActor } from '../auth/actor.ts'
import type { Env } from '../env.ts'
import type { NewAttribute } from './attribute.ts'
import { noteCheckIn } from './check-ins.ts'
import { digestOf, isKnownReport, rememberReport } from './known-reports.ts'
import { writeScope } from './write-scope.ts'

/** What a device says of itself, all of it or some. The answer is sent after the commit: its next poll knows of it. */
export async function reportAttributes(
  env: Env,
  device: DeviceActor,
  report: { replace: boolean; attributes: readonly NewAttribute[] },
): Promise<void> {
  const digest = digestOf(report)
  if (!(await isKnownReport(env, device, digest))) {
    const { tenant_id, device_id } = device
    const write = { tenant_id, device_id, scope: 'inventory', check_in: true, ...report } as const
    const attributes_version = await writeScope(env, write)
    rememberReport(env, device, digest, attributes_version)
  }
  noteCheckIn(env, device)
}
