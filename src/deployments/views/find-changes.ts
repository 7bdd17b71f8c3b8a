import type { Asker } from '../../auth/devices/visible-devices.ts'
import type { Db } from '../../db/db.ts'
import { raw, type Sql, sql } from '../../db/sql.ts'
import type { Cursor } from '../cursor.ts'
import type { Deployment } from '../deployment.ts'
import { findDeployments } from './find-deployments.ts'

/** Deployments at once at the most: who has missed more begins anew. */
const MOST_CHANGES = 500

export type Changes = {
  /** From here the next look goes on. */
  cursor: Cursor
  /** Set where these are not the changes but the newest unfinished deployments, and how many there are in all. */
  reset?: { unfinished: number }
  deployments: Deployment[]
}

/**
 * The deployments that have changed since a cursor, as they are now or a moment later, so that what the next look finds
 * is never older. Without a cursor that says where to go on, the unfinished ones.
 */
export async function findChanges(db: Db, asker: Asker, now: string, since?: Cursor): Promise<Changes> {
  const { mark, snapshot, ids } = await look(db, asker, now, since)
  const cursor = { mark, snapshot, time: now }
  if (ids === null || ids.length > MOST_CHANGES) return { cursor, ...(await findUnfinished(db, asker, now)) }
  if (ids.length === 0) return { cursor, deployments: [] }
  const { deployments } = await findDeployments(db, asker, now, { ids, limit: MOST_CHANGES, offset: 0 })
  return { cursor, deployments }
}

async function findUnfinished(db: Db, asker: Asker, now: string) {
  const { total, deployments } = await findDeployments(db, asker, now, {
    unfinished: true,
    limit: MOST_CHANGES,
    offset: 0,
  })
  return { reset: { unfinished: total }, deployments }
}

type Look = { mark: string; snapshot: string; ids: string[] | null }

/** One statement, so one snapshot. `ids` is null for a cursor of another database, tenant or scope, or from the future. */
async function look(db: Db, { tenant_id, scope }: Asker, now: string, since?: Cursor): Promise<Look> {
  const of = JSON.stringify([tenant_id, scope.groups && [...scope.groups].sort()])
  const found = await db.first<Look>(sql`
    with here as materialized (
      select pg_current_snapshot() as snapshot, left(md5(${of} || system_identifier || 'deployment_progress'::regclass::oid), 16) as mark
      from pg_control_system())
    select mark, snapshot::text, ${since ? changedSince(tenant_id, now, since) : raw('null')} as ids from here`)
  if (!found) throw new Error('The database does not say which it is.')
  return found
}

const changedSince = (tenant_id: string, now: string, { mark, snapshot, time }: Cursor): Sql => {
  const earlier = sql`${snapshot}::pg_snapshot`
  return sql`
    case when mark = ${mark} and pg_snapshot_xmin(${earlier}) <= pg_snapshot_xmin(snapshot) then array(
      select deployment_id from deployment_progress
      where tenant_id = ${tenant_id} and ${unseen(earlier)}
      union
      select id from deployments
      where tenant_id = ${tenant_id} and first_start_ts > ${time}::timestamptz and first_start_ts <= ${now}::timestamptz
      limit ${MOST_CHANGES + 1}) end`
}

/**
 * Whether the transaction that wrote the row last was still under way, or to come, at an earlier snapshot. Those that have
 * not begun now either are of the database that this one was restored from.
 */
const unseen = (earlier: Sql): Sql => sql`
  changed_span between ${spanOf(sql`pg_snapshot_xmin(${earlier})`)} and ${spanOf(raw('pg_snapshot_xmax(snapshot)'))}
  and changed_xid < pg_snapshot_xmax(snapshot) and not pg_visible_in_snapshot(changed_xid, ${earlier})`

/** As in the column `changed_span`. */
const spanOf = (xid: Sql): Sql => sql`(${xid}::text::bigint >> 13)`
