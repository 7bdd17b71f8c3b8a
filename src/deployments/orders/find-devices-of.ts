import { andVisible as andVisibleDevice, type Viewer } from '../../auth/devices/visible-devices.ts'
import type { Db } from '../../db/db.ts'
import { raw, type Sql, sql } from '../../db/sql.ts'
import { invalidField } from '../../errors.ts'
import type { FilterTerm } from '../../inventory/filter.ts'
import { termsToSql } from '../../inventory/filters/filter-to-sql.ts'
import { TextSet } from '../../text-set.ts'
import { HAS_FAILED } from '../rows/device-deployment-rows.ts'
import { type Listing, listedDevices } from '../rows/listing-rows.ts'
import { andVisible } from '../rows/visible-deployments.ts'
import type { Target } from '../target.ts'
import { andNotExcluded } from './not-excluded.ts'

type DevicesOf = Extract<Target, { kind: 'devices_of' }>
type Source = Listing & { dynamic: boolean; terms: FilterTerm[]; was_aborted: boolean }

/**
 * Devices of another deployment by how it ended for them. `not_reached`: those without a row in it, and those for which
 * it was aborted, but none that it excludes. Only devices that still exist, and that the viewer may see now.
 */
export async function findDevicesOf(db: Db, viewer: Viewer, { deployment_id, outcome }: DevicesOf) {
  const { tenant_id } = viewer
  const source = await db.first<Source>(sql`
    select d.tenant_id, d.id, d.created, d.audience, d.groups, d.rollback_of, d.dynamic,
      coalesce(d.filter -> 'terms', '[]') as terms, d.exclude, p.was_aborted
    from deployments d join deployment_progress p on p.tenant_id = d.tenant_id and p.deployment_id = d.id
    where d.tenant_id = ${tenant_id} and d.id = ${deployment_id} ${andVisible(viewer)}`)
  if (!source) throw invalidField('devices_of.deployment_id', 'there is no deployment with this ID')
  const rows = await db.query<{ id: string }>(
    outcome === 'failed' ? failed(viewer, deployment_id) : notReached(viewer, deployment_id, source),
  )
  return { ids: await TextSet.gather(rows.map(({ id }) => id)), groups: source.groups }
}

const failed = (viewer: Viewer, deployment_id: string): Sql => sql`
  select distinct dd.device_id as id from device_deployments dd
    join devices d on d.tenant_id = dd.tenant_id and d.id = dd.device_id
  where dd.tenant_id = ${viewer.tenant_id} and dd.deployment_id = ${deployment_id} and dd.deleted is null
    and ${HAS_FAILED} ${andVisibleDevice(viewer)}`

function notReached(viewer: Viewer, deployment_id: string, source: Source): Sql {
  const { tenant_id } = viewer
  const { dynamic, terms, exclude, was_aborted } = source
  const condition = sql`${andNotExcluded(exclude)} ${andVisibleDevice(viewer)}`
  const targets = dynamic
    ? sql`
        select d.id from devices d
        where d.tenant_id = ${tenant_id} and d.status = 'accepted' and ${termsToSql(terms)} ${condition}`
    : sql`
        select d.id from (${listedDevices(source)}) as l join devices d on d.id = l.device_id
        where d.tenant_id = ${tenant_id} ${condition}`
  const is_aborted = was_aborted ? raw(`(dd.status = 'aborted' or dd.finished is null)`) : raw(`dd.status = 'aborted'`)
  return sql`
    select targets.id from (${targets}) as targets (id)
    where not exists (
      select 1 from device_deployments dd
      where dd.tenant_id = ${tenant_id} and dd.device_id = targets.id and dd.deployment_id = ${deployment_id}
        and (not ${is_aborted} or dd.timed_out is not null))`
}
