import type { Db, Transaction } from '../../db/db.ts'
import { empty, join, raw, type Sql, sql } from '../../db/sql.ts'
import { DEVICE_STATUSES } from '../device-status.ts'
import type { PhaseDelta, Progress } from '../progress.ts'

export type DeploymentKey = { tenant_id: string; deployment_id: string }

export const keyOf = ({ tenant_id, deployment_id }: DeploymentKey): string => `${tenant_id}/${deployment_id}`

/** The condition that a pair of columns identifies one of these deployments: usually a few, with many duplicates. */
export function among(columns: Sql, keys: readonly DeploymentKey[]): Sql {
  const distinct = [...new Map(keys.map((key) => [keyOf(key), key])).values()]
  return sql`${columns} in (select * from unnest(
    ${distinct.map(({ tenant_id }) => tenant_id)}::text[],
    ${distinct.map(({ deployment_id }) => deployment_id)}::text[]))`
}

/**
 * Locks the progress rows until the end of the transaction, in order of their keys. Statements after it read the
 * devices as of the lock.
 */
export async function lockProgress(tx: Db, keys: readonly DeploymentKey[]): Promise<Map<string, Progress>> {
  const rows = await tx.query<Omit<Progress, 'phase_deltas'>>(sql`
    select p.*, d.max_devices, d.retries
    from deployment_progress p join deployments d on d.tenant_id = p.tenant_id and d.id = p.deployment_id
    where ${among(sql`(p.tenant_id, p.deployment_id)`, keys)}
    order by p.tenant_id, p.deployment_id
    for no key update of p`)
  return new Map(rows.map((row) => [keyOf(row), { ...row, phase_deltas: new Map() }]))
}

/** The counters of a table under its alias, as one JSON object. */
export const countersOf = (alias: string): Sql =>
  sql`jsonb_build_object(${join(DEVICE_STATUSES.map((status) => raw(`'${status}', ${alias}."${status}"`)))})`

const STATUS_COLUMNS = DEVICE_STATUSES.map((status) => raw(`"${status}"`))
const STATUS_TYPES = join(DEVICE_STATUSES.map((status) => raw(`"${status}" int`)))

type Locked = ReadonlyMap<string, Progress>

/** Saves, of the locked rows, those that changed. If a deployment has finished, raises the version of its tenant. */
export function saveProgress(tx: Transaction, locked: Locked, changed: Iterable<DeploymentKey>): void {
  const keys = new Set([...changed].map(keyOf))
  const rows = [...locked].filter(([key]) => keys.has(key)).map(([, progress]) => progress)
  if (rows.length === 0) return
  const deltas = rows.flatMap(deltasOf)
  tx.send(sql`
    ${deltas.length > 0 ? sql`with phases as (${addToPhases(deltas)})` : empty}
    update deployment_progress p set
      device_count = n.device_count, total_size = n.total_size, started = n.started, finished = n.finished,
      last_activity = n.last_activity, was_aborted = n.was_aborted, abort_unwritten = n.abort_unwritten,
      changed_xid = pg_current_xact_id(),
      ${join(STATUS_COLUMNS.map((column) => sql`${column} = n.${column}`))}
    from json_to_recordset(${JSON.stringify(rows)}) as n (tenant_id text, deployment_id text, device_count int,
      total_size bigint, started boolean, finished timestamptz, last_activity timestamptz, was_aborted boolean,
      abort_unwritten boolean, ${STATUS_TYPES})
    where p.tenant_id = n.tenant_id and p.deployment_id = n.deployment_id`)
  const finished = rows.filter((row) => row.finished !== null).map(({ tenant_id }) => tenant_id)
  if (finished.length > 0) bumpVersions(tx, finished)
}

type PhaseRow = PhaseDelta & DeploymentKey & { phase_index: number }

const deltasOf = ({ tenant_id, deployment_id, phase_deltas }: Progress): PhaseRow[] =>
  [...phase_deltas].map(([phase_index, delta]) => ({ tenant_id, deployment_id, phase_index, ...delta }))

/** The lock on the progress row covers the phases: no other transaction writes them. */
const addToPhases = (rows: readonly PhaseRow[]): Sql => sql`
  update deployment_phases f set
    device_count = f.device_count + n.device_count,
    ${join(STATUS_COLUMNS.map((column) => sql`${column} = f.${column} + n.${column}`))}
  from json_to_recordset(${JSON.stringify(rows)}) as n (tenant_id text, deployment_id text, phase_index int,
    device_count int, ${STATUS_TYPES})
  where f.tenant_id = n.tenant_id and f.deployment_id = n.deployment_id and f.phase_index = n.phase_index`

/** Invalidates the cached active deployments of all processes. Locks the tenants' rows: the last lock to take. */
export function bumpVersions(tx: Transaction, tenant_ids: readonly string[]): void {
  tx.send(sql`
    update tenants set deployments_version = deployments_version + 1
    where tenant_id in (
      select tenant_id from tenants where tenant_id = any(${[...tenant_ids]}) order by tenant_id for no key update)`)
}
