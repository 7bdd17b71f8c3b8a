import type { Transaction } from '../../db/db.ts'
import { lockDevices } from '../../db/locks/device-lock.ts'
import { bytesGiven, type DeviceDeployment } from '../device-deployment.ts'
import { withAbort } from '../lifecycle.ts'
import { applyTransition, type Progress } from '../progress.ts'
import {
  type DeviceDeploymentKey,
  deviceKeyOf,
  readDeviceDeployments,
  saveDeviceDeployments,
} from './device-deployment-rows.ts'
import { keyOf, lockProgress, saveProgress } from './progress-rows.ts'

/** What becomes of a row, and what its device is answered. The same row: nothing changes. */
export type Change<Answer> = { row: DeviceDeployment; answer: Answer }

/**
 * Lets `decide` change devices within deployments, one after the other under their locks, and moves the counters along.
 * `missing` answers those that are in no such deployment.
 */
export async function changeRows<Key extends DeviceDeploymentKey, Answer>(
  tx: Transaction,
  keys: readonly Key[],
  {
    now,
    decide,
    missing,
  }: {
    now: string
    decide: (row: DeviceDeployment, key: Key, progress: Progress) => Change<Answer>
    missing: () => Answer
  },
): Promise<Answer[]> {
  const [, locked, rows] = await Promise.all([
    lockDevices(tx, keys),
    lockProgress(tx, keys),
    readDeviceDeployments(tx, keys),
  ])
  const changed = new Map<string, DeviceDeployment>()
  const answers = keys.map((key) => {
    const written = rows.get(deviceKeyOf(key))
    const progress = locked.get(keyOf(key))
    if (!written || !progress) return missing()
    const before = withAbort(written, progress)
    const { row, answer } = decide(before, key, progress)
    if (row === before) return answer
    applyTransition(progress, { from: before.status, to: row.status, phase_index: row.phase_index }, now)
    progress.total_size += bytesGiven(row) - bytesGiven(before)
    rows.set(deviceKeyOf(key), row)
    changed.set(deviceKeyOf(key), row)
    return answer
  })
  saveDeviceDeployments(tx, [...changed.values()])
  saveProgress(tx, locked, changed.values())
  return answers
}
