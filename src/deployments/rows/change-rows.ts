import type { Transaction } from '../../db/db.ts'
import { type Changed, noteChanged } from '../../db/invalidations/note-changes.ts'
import { lockDevices } from '../../db/locks/device-lock.ts'
import { type Env, nowText } from '../../env.ts'
import { type DeviceAttempt, downloadSize } from '../device-deployment.ts'
import { withAbort } from '../lifecycle.ts'
import type { Progress } from '../progress.ts'
import { failedSince, standingOf } from '../standing.ts'
import { advance, applyTransition } from '../supervision.ts'
import { announceFailures } from './announce-rows.ts'
import { keyOf } from './deployment-key.ts'
import { type DeviceDeploymentKey, deviceKeyOf } from './device-deployment-rows.ts'
import { lockWithPhases, saveProgress } from './progress-rows.ts'

/** The next state of a row, and the result for its device. The same object as before: the row is not changed. */
export type RowChange<Row, Result> = { row: Row; result: Result }

export type Moment = { progress: Progress; now: string }

/** A row before and after. `stored` lacks an abort that is not written back yet. */
export type Saved<Row> = { stored: Row; row: Row }

/** Where rows are read from and saved: with what devices were offered, or without. */
export type RowStore<Row> = {
  read(tx: Transaction, keys: readonly DeviceDeploymentKey[]): Promise<Map<string, Row>>
  save(tx: Transaction, changes: readonly Saved<Row>[]): void
}

type RowRules<Row, Key, Result> = {
  store: RowStore<Row>
  clock: Pick<Env, 'now'>
  decide: (row: Row, key: Key, moment: Moment) => RowChange<Row, Result>
  /** The result for a device that has no row in the deployment. */
  missing: () => Result
  /** The devices have done nothing: a time has passed. */
  is_silent?: boolean
}

/**
 * Changes device deployments, one after the other as `decide` says, and updates the counters. Returns the results in
 * the order of the keys.
 */
export async function changeRows<Row extends DeviceAttempt, Key extends DeviceDeploymentKey, Result>(
  tx: Transaction,
  keys: readonly Key[],
  { store, clock, decide, missing, is_silent = false }: RowRules<Row, Key, Result>,
): Promise<Result[]> {
  // The order of this array is the lock order: devices, then progress rows (CONTRIBUTING.md, "Locks").
  const [, locked, rows] = await Promise.all([lockDevices(tx, keys), lockWithPhases(tx, keys), store.read(tx, keys)])
  // Once the locks are held, so that times are in the order of the commits.
  const now = nowText(clock)
  for (const progress of locked.values()) advance(progress, now)
  const changed = new Map<string, Saved<Row>>()
  const results = keys.map((key) => {
    const id = deviceKeyOf(key)
    const stored = rows.get(id)
    const progress = locked.get(keyOf(key))
    if (!stored || !progress) return missing()
    const before = withAbort(changed.get(id)?.row ?? stored, progress)
    const { row, result } = decide(before, key, { progress, now })
    if (row === before) return result
    const { phase_index } = row
    const standings = { left: standingOf(before), reached: standingOf(row) }
    const failed_since = failedSince(row) === undefined ? failedSince(before) : undefined
    const transition = { from: before.status, to: row.status, phase_index, ...standings, failed_since, is_silent }
    applyTransition(progress, transition, now)
    progress.total_size += downloadSize(row) - downloadSize(before)
    changed.set(id, { stored, row })
    return result
  })
  const saved = [...changed.values()]
  store.save(tx, saved)
  await noteChanged(tx, saved.filter(isResumed).map(toChanged))
  await announceFailures(tx, saved, now)
  await saveProgress(
    tx,
    locked,
    saved.map(({ row }) => row),
    now,
  )
  return results
}

const toChanged = ({ row: { tenant_id, device_id } }: Saved<DeviceAttempt>): Changed => ({
  ...{ tenant_id, device_id, device_version: null },
})

/** The device works on what it had finished before. */
const isResumed = ({ stored, row }: Saved<DeviceAttempt>): boolean => stored.finished !== null && row.finished === null
