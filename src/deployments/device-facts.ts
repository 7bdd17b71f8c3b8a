import type { Db } from '../db/db.ts'
import { raw, sql } from '../db/sql.ts'
import type { Filterable } from '../inventory/filter.ts'

/** What decides which deployments are meant for a device. */
export type DeviceFacts = {
  device: Filterable
  /** Static deployments that list the device. */
  listed_by: readonly string[]
  /** Deployments in which it has its place already, though its history was forgotten. */
  forgotten: readonly string[]
}

/** Of a row `d` of devices, as one text: an array costs the client several times as much. */
export const LISTED_BY = raw(`(
  select string_agg(t.deployment_id, ',') from deployment_targets t
  where t.tenant_id = d.tenant_id and t.device_id = d.id)`)
export const FORGOTTEN = raw(`(
  select string_agg(distinct f.deployment_id, ',') from device_deployments f
  where f.tenant_id = d.tenant_id and f.device_id = d.id and f.deleted is not null)`)

/** The ids of deployments, which are ours and hold no comma. */
export const idsIn = (text: string | null): readonly string[] => text?.split(',') ?? NONE
const NONE: readonly string[] = []

/** Undefined: there is no such device. */
export async function findDeviceFacts(
  db: Db,
  { tenant_id, device_id }: { tenant_id: string; device_id: string },
): Promise<DeviceFacts | undefined> {
  const row = await db.first<Filterable & { listed_by: string | null; forgotten: string | null }>(sql`
    select d.id, d.status, d.group_name, d.created_ts, d.attributes_updated_ts, d.check_in_time, d.attributes,
      ${LISTED_BY} as listed_by, ${FORGOTTEN} as forgotten
    from devices d where d.tenant_id = ${tenant_id} and d.id = ${device_id}`)
  if (!row) return undefined
  const { listed_by, forgotten, ...device } = row
  return { device, listed_by: idsIn(listed_by), forgotten: idsIn(forgotten) }
}
