import type { DeviceActor } from '../../auth/actor.ts'
import { acceptedVersion } from '../../auth/devices/accepted-devices.ts'
import { type Outcome, whenCurrent } from '../../db/invalidations/when-current.ts'
import type { Env } from '../../env.ts'
import { unauthorized } from '../../errors.ts'
import { recordCheckIn } from './check-ins.ts'
import { confirmReport, type Digest, type KnownReport, knownReport, leaseReport } from './known-reports.ts'

/**
 * Whether it is known that a report would change nothing: this process has written the same one before, and no process
 * has changed the device since. The token is valid then; rejects if it is not.
 */
export const isStillReported = (env: Env, device: DeviceActor, digest: Digest): Promise<boolean> =>
  new Promise((resolve, reject) => whenStillReported(env, { device, digest }, { resolve, reject }))

type Report = { device: DeviceActor; digest: Digest }
/** The same without a promise. */
export function whenStillReported(env: Env, { device, digest }: Report, { resolve, reject }: Outcome): void {
  const noted = (isReported: boolean) => {
    if (isReported) recordCheckIn(env, device)
    resolve(isReported)
  }
  const find = () => knownReport(env, device, digest)
  const compare = (known: KnownReport) => compareVersion(env, device, known)
  whenCurrent(env, { find, compare }, { resolve: noted, reject })
}

async function compareVersion(env: Env, device: DeviceActor, { device_version }: KnownReport): Promise<boolean> {
  const lease = leaseReport(env, device)
  const history = env.db.history()
  const version = await acceptedVersion(env, device)
  if (version === undefined) throw unauthorized()
  const holds = version === device_version && env.db.history() === history
  if (holds) confirmReport(env, device, lease)
  return holds
}
