import type { Viewer } from '../../auth/devices/visible-devices.ts'
import { walkRows } from '../../db/locks/walk-rows.ts'
import { and, sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import type { Attributes } from '../../inventory/filter.ts'
import { mapChunks } from '../../map-chunks.ts'
import { deviceName, type NamingAttribute } from '../../texts/device-names.ts'
import { requireDeployment } from '../rows/visible-deployments.ts'
import { type DeviceItem, type DevicesQuery, liveRows, readDeployment, selected } from './find-device-deployments.ts'
import { hasReason } from './find-failures.ts'

export const DEVICE_COLUMNS = [
  ...['name', 'id', 'status', 'substate', 'reason', 'device_type', 'attempts', 'created', 'started', 'finished'],
  ...['timed_out', 'confirmation'],
] as const

type Row = { [Key in keyof Omit<DeviceItem, 'retries'>]: DeviceItem[Key] | null } & {
  id: string
  reason: string | null
  attributes: Attributes | null
}

/** The devices that were assigned to a deployment, by stage and id, as the cells of `DEVICE_COLUMNS`. */
export async function walkDevicesOf(
  env: Env,
  viewer: Viewer,
  { deployment_id, selection, reason, naming }: DevicesQuery & { naming: NamingAttribute | undefined },
): Promise<AsyncIterable<string[][]>> {
  const key = { tenant_id: viewer.tenant_id, deployment_id }
  await requireDeployment(env.db, viewer, deployment_id)
  const { columns } = await readDeployment(env.db, key)
  const conditions = [liveRows(key)]
  if (selection) conditions.push(selected(selection, columns))
  if (reason !== undefined) conditions.push(hasReason(key, reason))
  const chunks = await walkRows<Row>(
    env,
    sql`
    select ${columns.item}, l.reason, d.attributes
    from device_deployments dd
      left join device_deployment_logs l on l.tenant_id = dd.tenant_id and l.device_id = dd.device_id
        and l.deployment_id = dd.deployment_id
      left join devices d on d.tenant_id = dd.tenant_id and d.id = dd.device_id
    where ${and(conditions)} order by ${columns.stage}, dd.device_id`,
  )
  return mapChunks(chunks, (rows) => rows.map((row) => cellsOf(row, naming)))
}

function cellsOf({ attributes, ...row }: Row, naming: NamingAttribute | undefined): string[] {
  const listed = Object.entries(attributes ?? {}).flatMap(([scope, named]) =>
    Object.entries(named).map(([name, value]) => ({ scope, name, value })),
  )
  const name = deviceName({ id: row.id, attributes: listed }, naming)
  return DEVICE_COLUMNS.map((column) => (column === 'name' ? name : String(row[column] ?? '')))
}
