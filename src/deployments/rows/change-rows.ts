import type { Transaction } from '../../db/db.ts'
import { lockDevices } from '../../db/locks/device-lock.ts'
import { type DeviceDeployment, downloadSize } from '../device-deployment.ts'
import { withAbort } from '../lifecycle.ts'
import { applyTransition, type Progress } from '../progress.ts'
import {
  type DeviceDeploymentKey,
  deviceKeyOf,
  readDeviceDeployments,
  saveDeviceDeployments,
} from './device-deployment-rows.ts'
import { keyOf, lockProgress, saveProgress } from './progress-rows.ts'

/** The next state of a row, and the result for its device. The same object as before: the row is not changed. */
export type RowChange<Result> = { row: DeviceDeployment; result: Result }

type RowRules<Key, Result> = {
  now: string
  decide: (row: DeviceDeployment, key: Key, progress: Progress) => RowChange<Result>
  /** The result for a device that has no row in the deployment. */
  missing: () => Result
}

/**
 * Changes device deployments, one after the other as `decide` says, and updates the counters. Returns the results in
 * the order of the keys.
 */
export async function changeRows<Key extends DeviceDeploymentKey, Result>(
  tx: Transaction,
  keys: readonly Key[],
  { now, decide, missing }: RowRules<Key, Result>,
): Promise<Result[]> {
  // The order of this array is the lock order: devices, then progress rows (CONTRIBUTING.md, "Locks").
  const [, locked, rows] = await Promise.all([
    lockDevices(tx, keys),
    lockProgress(tx, keys),
    readDeviceDeployments(tx, keys),
  ])
  const changed = new Map<string, DeviceDeployment>()
  const results = keys.map((key) => {
    const stored = rows.get(deviceKeyOf(key))
    const progress = locked.get(keyOf(key))
    if (!stored || !progress) return missing()
    const before = withAbort(stored, progress)
    const { row, result } = decide(before, key, progress)
    if (row === before) return result
    applyTransition(progress, { from: before.status, to: row.status, phase_index: row.phase_index }, now)
    progress.total_size += downloadSize(row) - downloadSize(before)
    rows.set(deviceKeyOf(key), row)
    changed.set(deviceKeyOf(key), row)
    return result
  })
  saveDeviceDeployments(tx, [...changed.values()])
  saveProgress(tx, locked, changed.values())
  return results
}
