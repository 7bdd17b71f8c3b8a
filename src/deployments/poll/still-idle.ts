import type { DeviceActor } from '../../auth/actor.ts'
import { batched } from '../../db/batch.ts'
import { partitionOf } from '../../db/citus/shards.ts'
import { type Outcome, whenCurrent } from '../../db/invalidations/when-current.ts'
import type { Env } from '../../env.ts'
import { recordCheckIn } from '../../inventory/attributes/check-ins.ts'
import { findIdle, type IdlePoll } from './find-idle.ts'
import { confirmIdle, forgetIdle, type IdleVersions, idleVersions, leaseIdle } from './idle-devices.ts'

/**
 * Whether it is known that there is no update for the device: an earlier poll found none, and no process has changed
 * anything since that decides it. The token is valid then.
 */
export const isStillIdle = (env: Env, device: DeviceActor): Promise<boolean> =>
  new Promise((resolve, reject) => whenStillIdle(env, device, { resolve, reject }))

/** The same without a promise. `isCaughtUp`: as of `whenCurrent`. */
export function whenStillIdle(
  env: Env,
  device: DeviceActor,
  { resolve, reject }: Outcome,
  options?: { isCaughtUp: boolean },
): void {
  const noted = (isIdle: boolean) => {
    if (isIdle) recordCheckIn(env, device)
    resolve(isIdle)
  }
  const find = () => idleVersions(env, device)
  const compare = (idle: IdleVersions) => compareVersions(env, { device, idle })
  whenCurrent(env, { find, compare }, { resolve: noted, reject }, options)
}

async function compareVersions(env: Env, poll: IdlePoll): Promise<boolean> {
  const { device } = poll
  const lease = leaseIdle(env, device)
  const history = env.db.history()
  const matches = await stillHolds(env, poll)
  const holds = matches && env.db.history() === history
  if (holds) confirmIdle(env, device, lease)
  else forgetIdle(env, device)
  return holds
}

/**
 * Whether the versions still hold, and the device is working on no deployment. Two runs at a time: with one a processor
 * idles (throughput 0.89), with three the runs are small (0.80).
 */
const stillHolds = batched<Env, IdlePoll, boolean>(findIdle, {
  maxInFlight: 2,
  partition: ({ device }, env) => partitionOf(device, env),
  name: 'poll_versions',
})
