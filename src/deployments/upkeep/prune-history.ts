import type { Database, Db } from '../../db/db.ts'
import { withFreeDevices } from '../../db/locks/free-devices.ts'
import { raw, sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { type DeviceStatus, FINAL_STATUSES, stageOf } from '../device-status.ts'
import { removeConfigurations } from '../rows/configuration-rows.ts'
import type { DeploymentKey } from '../rows/deployment-key.ts'
import { targetKey } from '../rows/target-key.ts'

const BATCH = 500
const DAY_MS = 24 * 60 * 60 * 1000

/**
 * Removes the rows and logs of devices in deployments that finished more than `days` ago. The counters stay, and so
 * does the newest row of each device, its baseline: without it, older deployments would be offered to the device again.
 * A deployment is marked before its first row is removed, and not while a rollback finds its devices by these rows. Several processes may run this at once, and stop at any
 * point.
 */
export async function pruneHistory(env: Pick<Env, 'db' | 'now'>, days: number, stop: AbortSignal): Promise<void> {
  const { db } = env
  await mark(db, new Date(env.now().getTime() - days * DAY_MS).toISOString())
  for (const key of await findMarked(db)) {
    let has_skipped = false
    for (const status of FINAL_STATUSES)
      for (let last: Position | undefined = START; last && !stop.aborted; ) {
        const pruned: PrunedBatch = await pruneBatch(db, { ...key, status, last })
        last = pruned.last
        has_skipped ||= pruned.has_skipped
      }
    while (!stop.aborted && (await pruneTargets(db, key)) > 0);
    if (stop.aborted) return
    if (has_skipped) continue
    await removeAudience(db, key)
    while (!stop.aborted && (await pruneMemberships(db, key)) > 0);
    await removeConfigurations(db, { tenant_id: key.tenant_id, ids: [key.deployment_id] })
    await markRemoved(db, key)
  }
}

type Position = { device_id: string; id: string }
const START: Position = { device_id: '', id: '' }

/** By the locked row itself, because a rollback may be created at the same time. */
const mark = (db: Db, before: string) =>
  db.query(sql`
    update deployment_progress p set history = 'leaving', changed_xid = pg_current_xact_id()
    where p.finished < ${before} and p.history = 'kept' and not p.abort_unwritten
      and (p.rolled_back_by is null or exists (
        select 1 from deployment_progress r
        where r.tenant_id = p.tenant_id and r.deployment_id = p.rolled_back_by and r.finished is not null))`)

const findMarked = (db: Db) =>
  db.query<DeploymentKey>(sql`select tenant_id, deployment_id from deployment_progress where history = 'leaving'`)

type Batch = DeploymentKey & { status: DeviceStatus; last: Position }
type PrunedBatch = { last: Position | undefined; has_skipped: boolean }

/** Prunes the next rows. Returns the last of them, and whether some were skipped because their devices are locked. */
async function pruneBatch(db: Database, { status, last, ...key }: Batch): Promise<PrunedBatch> {
  const { tenant_id, deployment_id } = key
  const rows = await db.query<Row>(sql`
    select device_id, id, log from device_deployments
    where tenant_id = ${tenant_id} and deployment_id = ${deployment_id} and stage = ${stageOf(status)}
      and (device_id, id) > (${last.device_id}, ${last.id})
    order by device_id, id limit ${BATCH}`)
  if (rows.length === 0) return { last: undefined, has_skipped: false }
  const devices = rows.map(({ device_id }) => ({ tenant_id, device_id }))
  const free = await withFreeDevices(db, devices, (tx, free) =>
    removeRows(
      tx,
      { ...key, status },
      rows.filter(({ device_id }) => free.has(device_id)),
    ),
  )
  return { last: rows.at(-1), has_skipped: rows.some(({ device_id }) => !free.has(device_id)) }
}

type Row = Position & { log: boolean }

async function removeRows(
  tx: Db,
  { tenant_id, deployment_id, status }: Omit<Batch, 'last'>,
  rows: readonly Row[],
): Promise<void> {
  await tx.query(sql`
    delete from device_deployments dd
    where dd.tenant_id = ${tenant_id} and dd.device_id = any(${rows.map(({ device_id }) => device_id)}::text[])
      and dd.deployment_id = ${deployment_id} and dd.status = ${status} and (dd.deleted is not null or exists (
        select 1 from device_deployments newer
        where newer.tenant_id = dd.tenant_id and newer.device_id = dd.device_id and newer.finished is not null
          and newer.deleted is null and newer.deployment_created > dd.deployment_created))`)
  const logged = rows.filter(({ log }) => log).map(({ device_id }) => device_id)
  if (logged.length === 0) return
  await tx.query(sql`
    update device_deployments set log = false
    where tenant_id = ${tenant_id} and device_id = any(${logged}::text[]) and deployment_id = ${deployment_id} and log`)
  await tx.query(sql`
    delete from device_deployment_logs
    where tenant_id = ${tenant_id} and device_id = any(${logged}::text[]) and deployment_id = ${deployment_id}`)
}

/** Returns how many it removed. */
async function pruneTargets(db: Database, { tenant_id, deployment_id }: DeploymentKey): Promise<number> {
  const key = targetKey(raw('device_id'))
  const rows = await db.query<{ device_id: string; key: string }>(sql`
    select device_id, ${key}::text as key from deployment_targets
    where tenant_id = ${tenant_id} and deployment_id = ${deployment_id} limit ${BATCH}`)
  if (rows.length === 0) return 0
  // Compared as a text, or the whole index of the deployment would be read for each batch.
  await db.transaction((tx) =>
    tx.query(sql`
      delete from deployment_targets
      where tenant_id = ${tenant_id} and ${key} = any(${rows.map((row) => row.key)}::bigint[])
        and device_id = any(${rows.map(({ device_id }) => device_id)}::text[])
        and deployment_id::text = ${deployment_id}`),
  )
  return rows.length
}

/** Without an audience, the deployment lists no devices any more, only those that have rows. */
const removeAudience = (db: Db, { tenant_id, deployment_id }: DeploymentKey) =>
  db.query(sql`update deployments set audience = null where tenant_id = ${tenant_id} and id = ${deployment_id}`)

/**
 * Removes memberships that ended before the oldest deployment with an audience, or if there is none, before the next
 * one, which will be newer than all earlier ones: no deployment references them. Returns how many it read.
 */
async function pruneMemberships(db: Database, { tenant_id }: DeploymentKey): Promise<number> {
  const found = await db.first<{ oldest: string }>(sql`
    select coalesce(
        (select min(created) from deployments where tenant_id = ${tenant_id} and audience in ('all', 'group')),
        last_listing_created + interval '1 millisecond') as oldest
    from tenants where tenant_id = ${tenant_id}`)
  const unreferenced = sql`tenant_id = ${tenant_id} and listed_until < ${found?.oldest ?? null}::timestamptz`
  const rows = await db.query<{ device_id: string }>(
    sql`select device_id from past_memberships where ${unreferenced} limit ${BATCH}`,
  )
  if (rows.length === 0) return 0
  await db.transaction((tx) =>
    tx.query(sql`
      delete from past_memberships
      where ${unreferenced} and device_id = any(${rows.map(({ device_id }) => device_id)}::text[])`),
  )
  return rows.length
}

const markRemoved = (db: Db, { tenant_id, deployment_id }: DeploymentKey) =>
  db.query(sql`
    update deployment_progress set history = 'removed'
    where tenant_id = ${tenant_id} and deployment_id = ${deployment_id} and history = 'leaving'`)
