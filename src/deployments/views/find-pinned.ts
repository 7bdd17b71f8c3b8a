import { andVisible, type Viewer } from '../../auth/devices/visible-devices.ts'
import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { type Env, nowText } from '../../env.ts'
import type { FilterTerm } from '../../inventory/filter.ts'
import { termsToSql } from '../../inventory/filters/filter-to-sql.ts'
import { andNotExcluded } from '../orders/not-excluded.ts'
import { type DevicePin, type StoredPin, toDevicePin } from '../pin.ts'
import { type Listing, listedDevices } from '../rows/listing-rows.ts'
import { requireDeployment } from '../rows/visible-deployments.ts'

/** Pinned devices of a tenant that are looked at. */
const MAX_PINNED = 10_000

type Page = { limit: number; offset: number }
type Source = Listing & { dynamic: boolean; terms: FilterTerm[]; takes_devices: boolean }
type Pinned = { id: string } & StoredPin

/** The pinned devices that an unfinished deployment waits for: for their first offer, or for another attempt. */
export async function findPinned(
  env: Env,
  viewer: Viewer,
  { deployment_id, limit, offset }: Page & { deployment_id: string },
): Promise<{ total: number; pins: DevicePin[] }> {
  const db = env.db.reads
  await requireDeployment(db, viewer, deployment_id)
  const source = await findUnfinished(db, viewer, deployment_id)
  const pinned = source ? await readPinned(db, viewer, nowText(env)) : []
  if (!source || pinned.length === 0) return { total: 0, pins: [] }
  const waiting = await findWaiting(
    db,
    source,
    pinned.map(({ id }) => id),
  )
  const pins = pinned.filter(({ id }) => waiting.has(id)).map(({ id, ...stored }) => toDevicePin(id, stored))
  return { total: pins.length, pins: pins.slice(offset, offset + limit) }
}

const findUnfinished = (db: Db, { tenant_id }: Viewer, deployment_id: string) =>
  db.first<Source>(sql`
    select d.tenant_id, d.id, d.created, d.audience, d.groups, d.exclude, d.rollback_of, d.dynamic,
      coalesce(d.filter -> 'terms', '[]') as terms,
      d.max_devices is null or p.device_count < d.max_devices as takes_devices
    from deployments d join deployment_progress p on p.tenant_id = d.tenant_id and p.deployment_id = d.id
    where d.tenant_id = ${tenant_id} and d.id = ${deployment_id} and p.finished is null`)

/** Those whose pin ends first come first. */
const readPinned = (db: Db, viewer: Viewer, now: string) =>
  db.query<Pinned>(sql`
    select d.id, d.pinned_until, d.pin from devices d
    where d.tenant_id = ${viewer.tenant_id} and d.pinned_until > ${now} and d.status = 'accepted' ${andVisible(viewer)}
    order by d.pinned_until, d.id limit ${MAX_PINNED}`)

/** Which of these devices are targets without a row, or wait for another attempt. */
async function findWaiting(db: Db, source: Source, ids: string[]): Promise<Set<string>> {
  const { tenant_id, id } = source
  const targets = source.takes_devices ? await findTargets(db, source, ids) : []
  const rows = await db.query<{ id: string; is_waiting: boolean }>(sql`
    select dd.device_id as id, dd.finished is null and not dd.attempt_begun as is_waiting from device_deployments dd
    where dd.tenant_id = ${tenant_id} and dd.deployment_id = ${id} and dd.device_id = any(${ids}::text[])
      and dd.deleted is null`)
  const waiting = new Set(targets)
  for (const row of rows) if (!row.is_waiting) waiting.delete(row.id)
  for (const row of rows) if (row.is_waiting) waiting.add(row.id)
  return waiting
}

async function findTargets(db: Db, source: Source, ids: string[]): Promise<string[]> {
  const { tenant_id, exclude, dynamic, terms } = source
  const rows = await db.query<{ id: string }>(sql`
    select d.id from devices d where d.tenant_id = ${tenant_id} and d.id = any(${ids}::text[]) ${andNotExcluded(exclude)}
      and ${dynamic ? termsToSql(terms) : sql`d.id = any(${await findListed(db, source, ids)}::text[])`}`)
  return rows.map(({ id }) => id)
}

async function findListed(db: Db, source: Source, ids: string[]): Promise<string[]> {
  const rows = await db.query<{ id: string }>(sql`
    select l.device_id as id from (${listedDevices(source)}) as l where l.device_id = any(${ids}::text[])`)
  return rows.map(({ id }) => id)
}
