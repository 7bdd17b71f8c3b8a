import { type Sql, sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import type { Actor } from '../actor.ts'
import type { Device } from '../device.ts'
import { type DeviceQuery, matchesQuery, selectDevices } from './device-rows.ts'
import type { Viewer } from './visible-devices.ts'

type Page = { per_page: number; offset: number }

/** Ordered as in Mender: by status in alphabetical order, then by id. */
export async function listDevices(
  env: Env,
  actor: Actor,
  { per_page, offset, ...query }: DeviceQuery & Page,
): Promise<{ devices: Device[]; more: boolean }> {
  // The auth sets are read only for the devices of the page, not for those that the offset skips.
  const page = idsOfPage(actor, query, { per_page: per_page + 1, offset })
  const found = await selectDevices(
    env.db.reads,
    sql`d.tenant_id = ${actor.tenant_id} and d.id in (${page}) order by d.status, d.id`,
  )
  return { devices: found.slice(0, per_page), more: found.length > per_page }
}

/** An index scan, with or without a status. */
export const idsOfPage = (viewer: Viewer, query: DeviceQuery, { per_page, offset }: Page): Sql => sql`
  select d.id from devices d where ${matchesQuery(viewer, query)}
  order by d.status, d.id limit ${per_page} offset ${offset}`
