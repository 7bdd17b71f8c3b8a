import { andVisible as andVisibleDevice, type Viewer } from '../../auth/devices/visible-devices.ts'
import type { Db } from '../../db/db.ts'
import { type Sql, sql } from '../../db/sql.ts'
import { invalidField } from '../../errors.ts'
import type { Term } from '../../inventory/filter.ts'
import { termsToSql } from '../../inventory/filters/filter-to-sql.ts'
import type { Exclusion } from '../rollout/rules.ts'
import { andVisible } from '../rows/visible-deployments.ts'
import type { Target } from '../target.ts'
import { andNotExcluded } from './not-excluded.ts'

type DevicesOf = Extract<Target, { kind: 'devices_of' }>
type Source = { groups: string[]; dynamic: boolean; terms: Term[]; exclude: Exclusion | null }

/**
 * Devices of another deployment by how it ended for them. A device that had timed out when the deployment was aborted
 * has failed, which only the row itself says. `not_reached`: those without a row in it, and those for which
 * it was aborted, but none that it excludes. Only devices that still exist, and that the viewer may see now.
 */
export async function findDevicesOf(db: Db, viewer: Viewer, { deployment_id, outcome }: DevicesOf) {
  const { tenant_id } = viewer
  const source = await db.first<Source>(sql`
    select d.groups, d.dynamic, coalesce(d.filter -> 'terms', '[]') as terms, d.exclude from deployments d
    where d.tenant_id = ${tenant_id} and d.id = ${deployment_id} ${andVisible(viewer)}`)
  if (!source) throw invalidField('devices_of.deployment_id', 'there is no deployment with this ID')
  const rows = await db.query<{ id: string }>(
    outcome === 'failed' ? failed(viewer, deployment_id) : notReached(viewer, deployment_id, source),
  )
  return { ids: rows.map(({ id }) => id), groups: source.groups }
}

const failed = (viewer: Viewer, deployment_id: string): Sql => sql`
  select distinct dd.device_id as id from device_deployments dd
    join devices d on d.tenant_id = dd.tenant_id and d.id = dd.device_id
  where dd.tenant_id = ${viewer.tenant_id} and dd.deployment_id = ${deployment_id} and dd.deleted is null
    and (dd.status = 'failure' or dd.timed_out is not null or dd.confirmation = 'missed')
    ${andVisibleDevice(viewer)}`

function notReached(viewer: Viewer, deployment_id: string, { dynamic, terms, exclude }: Source): Sql {
  const { tenant_id } = viewer
  const condition = sql`${andNotExcluded(exclude)} ${andVisibleDevice(viewer)}`
  const targets = dynamic
    ? sql`
        select d.id from devices d
        where d.tenant_id = ${tenant_id} and d.status = 'accepted' and ${termsToSql(terms)} ${condition}`
    : sql`
        select l.device_id from listed_devices l join devices d on d.tenant_id = l.tenant_id and d.id = l.device_id
        where l.tenant_id = ${tenant_id} and l.deployment_id = ${deployment_id} ${condition}`
  return sql`
    select targets.id from (${targets}) as targets (id)
    where not exists (
      select 1 from effective_device_deployments e
        join device_deployments dd on dd.tenant_id = e.tenant_id and dd.device_id = e.device_id and dd.id = e.id
      where e.tenant_id = ${tenant_id} and e.device_id = targets.id and e.deployment_id = ${deployment_id}
        and (e.status <> 'aborted' or dd.timed_out is not null))`
}
