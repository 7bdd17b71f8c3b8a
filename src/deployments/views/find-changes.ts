import type { Viewer } from '../../auth/devices/visible-devices.ts'
import type { Db } from '../../db/db.ts'
import { raw, type Sql, sql } from '../../db/sql.ts'
import type { Cursor } from '../cursor.ts'
import type { Deployment } from '../deployment.ts'
import { findDeployments } from './find-deployments.ts'

/** Most deployments of one read: a reader that has missed more starts again. */
const MAX_CHANGES = 500

export type Changes = {
  /** Where the next read continues. */
  cursor: Cursor
  /** Set if these are not the changes but the newest unfinished deployments, of which there are this many in all. */
  reset?: { unfinished: number }
  deployments: Deployment[]
}

/**
 * The deployments that have changed since a cursor, as of the cursor returned or later, so that the next read never
 * returns an earlier state. Without a valid cursor, the unfinished deployments.
 */
export async function findChanges(db: Db, viewer: Viewer, now: string, since?: Cursor): Promise<Changes> {
  const { origin, snapshot, ids } = await readChanged(db, viewer, now, since)
  const cursor = { origin, snapshot, time: now }
  if (ids === null || ids.length > MAX_CHANGES) return { cursor, ...(await findUnfinished(db, viewer, now)) }
  if (ids.length === 0) return { cursor, deployments: [] }
  const { deployments } = await findDeployments(db, viewer, now, { ids, limit: MAX_CHANGES, offset: 0 })
  return { cursor, deployments }
}

async function findUnfinished(db: Db, viewer: Viewer, now: string) {
  const { total, deployments } = await findDeployments(db, viewer, now, {
    unfinished: true,
    limit: MAX_CHANGES,
    offset: 0,
  })
  return { reset: { unfinished: total }, deployments }
}

type Changed = { origin: string; snapshot: string; ids: string[] | null }

/**
 * One statement, so one snapshot. `ids` is null for a cursor of the future, or of another database, tenant or scope.
 */
async function readChanged(db: Db, { tenant_id, scope }: Viewer, now: string, since?: Cursor): Promise<Changed> {
  const visible = JSON.stringify([tenant_id, scope.groups && [...scope.groups].sort()])
  const changed = await db.first<Changed>(sql`
    with here as materialized (
      select pg_current_snapshot() as snapshot,
        left(md5(${visible} || system_identifier || left(pg_walfile_name(pg_current_wal_flush_lsn()), 8)
          || 'deployment_progress'::regclass::oid), 16) as origin
      from pg_control_system())
    select origin, snapshot::text, ${since ? changedSince(tenant_id, now, since) : raw('null')} as ids from here`)
  if (!changed) throw new Error('pg_control_system() returned no row.')
  return changed
}

const changedSince = (tenant_id: string, now: string, { origin, snapshot, time }: Cursor): Sql => {
  const earlier = sql`${snapshot}::pg_snapshot`
  return sql`
    case when origin = ${origin} and pg_snapshot_xmin(${earlier}) <= pg_snapshot_xmin(snapshot) then array(
      select deployment_id from deployment_progress
      where tenant_id = ${tenant_id} and ${isInvisible(earlier)}
      union
      select id from deployments
      where tenant_id = ${tenant_id} and first_start_ts > ${time}::timestamptz and first_start_ts <= ${now}::timestamptz
      limit ${MAX_CHANGES + 1}) end`
}

/**
 * Whether the last transaction that wrote the row was in progress, or had not begun, at an earlier snapshot. A
 * transaction that has not begun by now either is one of the database that this one was restored from.
 */
const isInvisible = (earlier: Sql): Sql => sql`
  changed_span between ${spanOf(sql`pg_snapshot_xmin(${earlier})`)} and ${spanOf(raw('pg_snapshot_xmax(snapshot)'))}
  and changed_xid < pg_snapshot_xmax(snapshot) and not pg_visible_in_snapshot(changed_xid, ${earlier})`

/** As the column `changed_span` is computed. */
const spanOf = (xid: Sql): Sql => sql`(${xid}::text::bigint >> 13)`
