import type { Db, Transaction } from '../../db/db.ts'
import { prepared, sql } from '../../db/sql.ts'
import { type DownloadLimits, timeoutMsOf } from '../download-limits.ts'
import type { LimitedDownload, RunningDownloads } from '../downloads.ts'

export async function findStoredLimits(db: Db, tenant_id: string): Promise<DownloadLimits> {
  const row = await db.first<{ download_limits: DownloadLimits }>(sql`
    select download_limits from tenants where tenant_id = ${tenant_id}`)
  return row?.download_limits ?? {}
}

/** Null: the tenant has none. */
export const findLimits = async (db: Db, tenant_id: string): Promise<DownloadLimits | null> =>
  orNoLimits(await findStoredLimits(db, tenant_id))

export const orNoLimits = (stored: DownloadLimits): DownloadLimits | null =>
  Object.keys(stored).length > 0 ? stored : null

type Offer = { tenant_id: string; limited?: LimitedDownload | undefined }

/**
 * For offers to devices of one tenant: what runs, counted so that no other transaction begins a download until this one
 * ends. Undefined, at no cost: downloads are not counted. The lock comes after those on progress rows, before any on
 * rows of devices. Downloads end without it, so there may be fewer than were counted, never more.
 */
export async function lockAndCountDownloads(
  tx: Transaction,
  offers: readonly Offer[],
  now: Date,
): Promise<RunningDownloads | undefined> {
  // What was evaluated last knows the newest limits.
  const newest = offers.findLast(({ limited }) => limited)
  if (!newest?.limited) return undefined
  const { tenant_id, limited } = newest
  tx.send(prepared(sql`select pg_advisory_xact_lock(hashtextextended(${`downloads of ${tenant_id}`}, 0))`))
  return countDownloads(tx, tenant_id, { limits: limited.limits, now })
}

/** From the rows of the devices, so that nothing is left behind by a process that ends, and time alone ends a download. */
export async function countDownloads(
  db: Db,
  tenant_id: string,
  { limits, now }: { limits: DownloadLimits; now: Date },
): Promise<RunningDownloads> {
  const since = new Date(now.getTime() - timeoutMsOf(limits)).toISOString()
  const rows = await db.query<{ key: string; count: number }>(
    prepared(sql`
      select download_key as key, count(*)::int as count from device_deployments
      where tenant_id = ${tenant_id} and download_seen > ${since}::timestamptz and finished is null
      group by download_key`),
  )
  return {
    all: rows.reduce((sum, { count }) => sum + count, 0),
    by_key: new Map(rows.map(({ key, count }) => [key, count])),
  }
}
