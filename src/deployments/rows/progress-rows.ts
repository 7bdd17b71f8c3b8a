import type { Db, Transaction } from '../../db/db.ts'
import { empty, join, prepared, raw, type Sql, sql } from '../../db/sql.ts'
import { type PhaseDelta, type Progress, takesDevices } from '../progress.ts'
import { announceProgress } from './announce-rows.ts'
import { COUNTER_COLUMNS, COUNTER_TYPES } from './counter-columns.ts'
import { among, type DeploymentKey, keyOf } from './deployment-key.ts'
import { readPhases } from './phase-rows.ts'
import { recordRollout, saveGates } from './rollout-rows.ts'

/**
 * Locks the progress rows until the end of the transaction, in order of their keys. Statements after it read the
 * devices as of the lock.
 */
export const lockProgress = (tx: Db, keys: readonly DeploymentKey[]): Promise<Map<string, Progress>> =>
  selectProgress(tx, keys, raw('for no key update of p'))

/** The progress of a deployment with its phases, as it is at the moment. */
export async function readProgress(db: Db, key: DeploymentKey): Promise<Progress | undefined> {
  const progress = (await selectProgress(db, [key], empty)).get(keyOf(key))
  if (progress) await loadPhases(db, [progress])
  return progress
}

type Unstored = Pick<
  Progress,
  'phases' | 'phase_deltas' | 'changed_phases' | 'happened' | 'was_finished' | 'took_devices'
>

async function selectProgress(tx: Db, keys: readonly DeploymentKey[], lock: Sql): Promise<Map<string, Progress>> {
  const rows = await tx.query<Omit<Progress, keyof Unstored>>(
    prepared(sql`
      select ${PROGRESS}, d.max_devices, d.retries, d.dynamic, d.type, d.rollout
      from deployment_progress p join deployments d on d.tenant_id = p.tenant_id and d.id = p.deployment_id
      where ${among(sql`(p.tenant_id, p.deployment_id)`, keys)}
      order by p.tenant_id, p.deployment_id
      ${lock}`),
  )
  const extended = rows.map((row) => ({
    ...row,
    ...{ phases: [], phase_deltas: new Map(), changed_phases: new Set<number>(), happened: [] },
    ...{ was_finished: row.finished !== null, took_devices: takesDevices(row) },
  }))
  return new Map(extended.map((row) => [keyOf(row), row]))
}

/** By name: a statement that is prepared cannot return a column that is added later. */
const PROGRESS = sql`
  p.tenant_id, p.deployment_id, p.device_count, p.total_size, p.started, p.finished, p.last_activity, p.was_aborted,
  p.abort_unwritten, p.paused_at, p.paused_by, p.pause_reason, p.trip, p.policy_base, p.recent_offers, p.rolled_back_by,
  ${join(COUNTER_COLUMNS.map((column) => sql`p.${column}`))}`

/** The same with the phases of deployments that have rules: gates and policies depend on them. */
export async function lockWithPhases(tx: Db, keys: readonly DeploymentKey[]): Promise<Map<string, Progress>> {
  const locked = await lockProgress(tx, keys)
  await loadPhases(
    tx,
    [...locked.values()].filter(({ rollout }) => rollout !== null),
  )
  return locked
}

/** Reads the phases of locked deployments. The lock covers them. */
export async function loadPhases(tx: Db, locked: readonly Progress[]): Promise<void> {
  const phases = await readPhases(tx, locked)
  for (const progress of locked) progress.phases = phases.get(keyOf(progress)) ?? []
}

type Locked = ReadonlyMap<string, Progress>

/**
 * Saves, of the locked rows, those that changed, with their phases and with what the rollout did by itself: a rollback,
 * events. Raises the version of the tenant if offers may depend on it.
 */
export async function saveProgress(
  tx: Transaction,
  locked: Locked,
  changed: Iterable<DeploymentKey>,
  now: string,
): Promise<void> {
  const keys = new Set([...changed].map(keyOf))
  const rows = [...locked].filter(([key]) => keys.has(key)).map(([, progress]) => progress)
  if (rows.length === 0) return
  const deltas = rows.flatMap(deltasOf)
  tx.send(
    prepared(sql`
    ${deltas.length > 0 ? sql`with phases as (${addToPhases(deltas)})` : empty}
    update deployment_progress p set
      device_count = n.device_count, total_size = n.total_size, started = n.started, finished = n.finished,
      last_activity = n.last_activity, was_aborted = n.was_aborted, abort_unwritten = n.abort_unwritten,
      paused_at = n.paused_at, paused_by = n.paused_by, pause_reason = n.pause_reason, trip = n.trip,
      policy_base = n.policy_base, recent_offers = n.recent_offers, changed_xid = pg_current_xact_id(),
      ${join(COUNTER_COLUMNS.map((column) => sql`${column} = n.${column}`))}
    from json_to_recordset(${JSON.stringify(rows.map(storedOf))}) as n (tenant_id text, deployment_id text,
      device_count int, total_size bigint, started boolean, finished timestamptz, last_activity timestamptz,
      was_aborted boolean, abort_unwritten boolean, paused_at timestamptz, paused_by jsonb, pause_reason text, trip jsonb,
      policy_base jsonb, recent_offers jsonb, ${COUNTER_TYPES})
    where p.tenant_id = n.tenant_id and p.deployment_id = n.deployment_id`),
  )
  saveGates(tx, rows)
  const outdated = rows.filter(isOutdated)
  if (outdated.length > 0)
    bumpVersions(
      tx,
      outdated.map(({ tenant_id }) => tenant_id),
    )
  for (const progress of rows) {
    await announceProgress(tx, progress, now)
    Object.assign(progress, { was_finished: progress.finished !== null, took_devices: takesDevices(progress) })
  }
  for (const progress of rows) if (progress.happened.length > 0) await recordRollout(tx, progress, now)
}

/**
 * Whether processes must read the deployment again: it is finished, a phase has opened, or it is full, and devices that
 * waited for it get the next one. Processes do not remember deployments of configurations.
 */
const isOutdated = (progress: Progress): boolean =>
  progress.type !== 'configuration' &&
  (progress.finished !== null ||
    progress.changed_phases.size > 0 ||
    (progress.dynamic && progress.took_devices && !takesDevices(progress)))

const storedOf = ({
  phases,
  phase_deltas,
  changed_phases,
  happened,
  was_finished,
  took_devices,
  dynamic,
  type,
  rollout,
  ...row
}: Progress) => row

type PhaseRow = PhaseDelta & DeploymentKey & { phase_index: number }

const deltasOf = ({ tenant_id, deployment_id, phase_deltas }: Progress): PhaseRow[] =>
  [...phase_deltas].map(([phase_index, delta]) => ({ tenant_id, deployment_id, phase_index, ...delta }))

/**
 * The lock on the progress row covers the phases: no other transaction writes them. A phase that devices are in by name
 * or by rank grows with those that join later.
 */
const addToPhases = (rows: readonly PhaseRow[]): Sql => sql`
  update deployment_phases f set
    device_count = f.device_count + n.device_count,
    capacity = greatest(f.capacity, case when f.capacity is not null then f.device_count + n.device_count end),
    ${join(COUNTER_COLUMNS.map((column) => sql`${column} = f.${column} + n.${column}`))}
  from json_to_recordset(${JSON.stringify(rows)}) as n (tenant_id text, deployment_id text, phase_index int,
    device_count int, ${COUNTER_TYPES})
  where f.tenant_id = n.tenant_id and f.deployment_id = n.deployment_id and f.phase_index = n.phase_index`

/** Invalidates the cached active deployments of all processes. Locks the tenants' rows: the last lock to take. */
export function bumpVersions(tx: Transaction, tenant_ids: readonly string[]): void {
  tx.send(sql`
    update tenants set deployments_version = deployments_version + 1
    where tenant_id in (
      select tenant_id from tenants where tenant_id = any(${[...tenant_ids]}) order by tenant_id for no key update)`)
}
