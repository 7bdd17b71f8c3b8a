import type { Db } from '../../db/db.ts'
import { cachedIfLarge } from '../../db/memory/cached-if-large.ts'
import { and, type Sql, sql } from '../../db/sql.ts'
import { utcText } from '../../db/utc-text.ts'
import type { Env } from '../../env.ts'
import { deviceNotFound } from '../../errors.ts'
import type { Actor } from '../actor.ts'
import type { Device, DeviceStatus } from '../device.ts'
import { findDeviceId } from './find-device-id.ts'
import { type Asker, andVisible } from './visible-devices.ts'

/** Empty lists mean all. */
export type Wanted = { status: readonly DeviceStatus[]; id: readonly string[] }

type Slice = { per_page: number; offset: number }

/** By status, in the order of the alphabet, as in Mender, then by id. */
export async function listDevices(
  env: Env,
  actor: Actor,
  { per_page, offset, ...wanted }: Wanted & Slice,
): Promise<{ devices: Device[]; more: boolean }> {
  // Auth sets only of those on the page, not of those before it.
  const page = idsOfPage(actor, wanted, { per_page: per_page + 1, offset })
  const found = await selectDevices(
    env.db.reads,
    sql`d.tenant_id = ${actor.tenant_id} and d.id in (${page}) order by d.status, d.id`,
  )
  return { devices: found.slice(0, per_page), more: found.length > per_page }
}

/** A walk of an index, with or without a status. */
export const idsOfPage = (asker: Asker, wanted: Wanted, { per_page, offset }: Slice): Sql => sql`
  select d.id from devices d where ${matching(asker, wanted)}
  order by d.status, d.id limit ${per_page} offset ${offset}`

const LARGE = 50_000

/** Of very many some seconds old. */
export const countDevices = (env: Env, { tenant_id, scope }: Asker, wanted: Wanted): Promise<number> =>
  counts.ask(env, { tenant_id, scope, ...wanted })

const counts = cachedIfLarge<Env, Asker & Wanted, number>(
  async ({ db }, asked) => {
    const found = await db.reads.first<{ count: number }>(sql`
      select count(*) from devices d where ${matching(asked, asked)}`)
    return found?.count ?? 0
  },
  { name: (asked) => JSON.stringify(asked), isLarge: (count) => count > LARGE },
)

export async function findDevice(db: Db, asker: Asker, device_id: string): Promise<Device> {
  const [device] = await selectDevices(
    db,
    sql`d.tenant_id = ${asker.tenant_id} and d.id = ${device_id} ${andVisible(asker)}`,
  )
  if (!device) throw deviceNotFound()
  return device
}

export async function findDeviceByIdentity(
  db: Db,
  tenant_id: string,
  identity_sha256: string,
): Promise<Device | undefined> {
  const id = await findDeviceId(db, tenant_id, identity_sha256)
  const [device] = id === undefined ? [] : await selectDevices(db, sql`d.tenant_id = ${tenant_id} and d.id = ${id}`)
  return device
}

const matching = (asker: Asker, { status, id }: Wanted): Sql =>
  and([
    sql`d.tenant_id = ${asker.tenant_id} ${andVisible(asker)}`,
    // Of one status the index knows the order of the ids, of several it does not.
    ...(status.length === 1 ? [sql`d.status = ${status[0]}`] : []),
    ...(status.length > 1 ? [sql`d.status = any(${status})`] : []),
    ...(id.length > 0 ? [sql`d.id = any(${id})`] : []),
  ])

async function selectDevices(db: Db, where: Sql): Promise<Device[]> {
  const rows = await db.query<Omit<Device, 'check_in_time'> & { check_in_time: string | null }>(sql`
    select d.id, d.identity_data, d.status, false as decommissioning, d.created_ts, d.updated_ts, d.check_in_time, (
      select coalesce(jsonb_agg(jsonb_build_object('id', s.id, 'identity_data', d.identity_data, 'pubkey', s.pubkey,
        'ts', ${utcText(sql`s.ts`)}, 'status', s.status) order by s.ts, s.id), '[]')
      from auth_sets s where s.tenant_id = d.tenant_id and s.device_id = d.id) as auth_sets
    from devices d where ${where}`)
  return rows.map(({ check_in_time, ...device }) => (check_in_time ? { ...device, check_in_time } : device))
}
