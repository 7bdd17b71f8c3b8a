import type { DeviceActor } from '../../auth/actor.ts'
import { isDeviceAccepted } from '../../auth/devices/accepted-devices.ts'
import { noteSharedIdentity } from '../../auth/devices/note-shared-identity.ts'
import type { Env } from '../../env.ts'
import { unauthorized } from '../../errors.ts'
import type { NewAttribute } from '../attribute.ts'
import { recordCheckIn } from './check-ins.ts'
import { digestOf, rememberReport } from './known-reports.ts'
import { isTurnOfAnother } from './machine-turns.ts'
import { isStillReported } from './still-reported.ts'
import { writeScope } from './write-scope.ts'

/** `text`: the body of the request. */
export type Report = { replace: boolean; attributes: readonly NewAttribute[]; text: Buffer }

/**
 * Stores the attributes that a device reports, all or some of them. Its token may be invalid by now, which is checked
 * here. The request is answered after the commit: the next poll of the device evaluates filters with these attributes.
 */
export async function reportAttributes(env: Env, device: DeviceActor, report: Report): Promise<void> {
  const digest = digestOf(report)
  const history = env.db.history()
  if (await isStillReported(env, device, digest)) return
  if (!(await isDeviceAccepted(env, device))) throw unauthorized()
  const { replace, attributes } = report
  const { tenant_id, device_id } = device
  const write = { tenant_id, device_id, scope: 'inventory', check_in: true, replace, attributes } as const
  rememberReport(env, device, { digest, device_version: await writeScope(env, write), history })
  recordCheckIn(env, device)
  if (isTurnOfAnother(env, device, attributes)) await noteSharedIdentity(env, { tenant_id, device_id })
}
