import type { Transaction } from '../../db/db.ts'
import { lockDevices } from '../../db/locks/device-lock.ts'
import { type Env, nowText } from '../../env.ts'
import { type DeviceDeployment, downloadSize } from '../device-deployment.ts'
import { withAbort } from '../lifecycle.ts'
import type { Progress } from '../progress.ts'
import { failedSince, standingOf } from '../standing.ts'
import { advance, applyTransition } from '../supervision.ts'
import { keyOf } from './deployment-key.ts'
import {
  type DeviceDeploymentKey,
  deviceKeyOf,
  readDeviceDeployments,
  saveDeviceDeployments,
} from './device-deployment-rows.ts'
import { lockWithPhases, saveProgress } from './progress-rows.ts'

/** The next state of a row, and the result for its device. The same object as before: the row is not changed. */
export type RowChange<Result> = { row: DeviceDeployment; result: Result }

export type Moment = { progress: Progress; now: string }

type RowRules<Key, Result> = {
  clock: Pick<Env, 'now'>
  decide: (row: DeviceDeployment, key: Key, moment: Moment) => RowChange<Result>
  /** The result for a device that has no row in the deployment. */
  missing: () => Result
  /** The devices have done nothing: a time has passed. */
  is_silent?: boolean
}

/**
 * Changes device deployments, one after the other as `decide` says, and updates the counters. Returns the results in
 * the order of the keys.
 */
export async function changeRows<Key extends DeviceDeploymentKey, Result>(
  tx: Transaction,
  keys: readonly Key[],
  { clock, decide, missing, is_silent = false }: RowRules<Key, Result>,
): Promise<Result[]> {
  // The order of this array is the lock order: devices, then progress rows (CONTRIBUTING.md, "Locks").
  const [, locked, rows] = await Promise.all([
    lockDevices(tx, keys),
    lockWithPhases(tx, keys),
    readDeviceDeployments(tx, keys),
  ])
  // Once the locks are held, so that times are in the order of the commits.
  const now = nowText(clock)
  for (const progress of locked.values()) advance(progress, now)
  const changed = new Map<string, DeviceDeployment>()
  const results = keys.map((key) => {
    const stored = rows.get(deviceKeyOf(key))
    const progress = locked.get(keyOf(key))
    if (!stored || !progress) return missing()
    const before = withAbort(stored, progress)
    const { row, result } = decide(before, key, { progress, now })
    if (row === before) return result
    const { phase_index } = row
    const standings = { left: standingOf(before), reached: standingOf(row) }
    const failed_since = failedSince(row) === undefined ? failedSince(before) : undefined
    const transition = { from: before.status, to: row.status, phase_index, ...standings, failed_since, is_silent }
    applyTransition(progress, transition, now)
    progress.total_size += downloadSize(row) - downloadSize(before)
    rows.set(deviceKeyOf(key), row)
    changed.set(deviceKeyOf(key), row)
    return result
  })
  saveDeviceDeployments(tx, [...changed.values()])
  await saveProgress(tx, locked, changed.values(), now)
  return results
}
