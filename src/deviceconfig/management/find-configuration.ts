import { noConfiguration } from '../../addon-errors.ts'
import { andVisible, type Viewer } from '../../auth/devices/visible-devices.ts'
import type { Dialect } from '../../auth/dialect.ts'
import { raw, sql } from '../../db/sql.ts'
import { withoutNulls } from '../../deployments/without-nulls.ts'
import type { Env } from '../../env.ts'
import { deviceNotFound } from '../../errors.ts'
import type { DeviceConfiguration } from '../configuration.ts'
import { configurationEtag } from '../rows/configuration-rows.ts'

/** What a device is to be configured with, and what it reports; with the ETag of the former. */
export async function findConfiguration(
  { db }: Env,
  viewer: Viewer,
  device_id: string,
): Promise<{ configuration: DeviceConfiguration; etag: string }> {
  const found = await db.first<DeviceConfiguration & { dialect: Dialect; etag: string }>(sql`
    select d.id, coalesce(c.configured, '{}') as configured, coalesce(c.reported, '{}') as reported, c.deployment_id,
      c.reported_ts, coalesce(c.updated_ts, d.created_ts) as updated_ts, d.dialect,
      ${configurationEtag(raw('c.configured'))} as etag
    from devices d left join device_configurations c on c.tenant_id = d.tenant_id and c.device_id = d.id
    where d.tenant_id = ${viewer.tenant_id} and d.id = ${device_id} ${andVisible(viewer)}`)
  if (!found) throw deviceNotFound()
  const { dialect, etag, ...configuration } = found
  if (dialect === 'ddi') throw noConfiguration()
  return { configuration: withoutNulls<DeviceConfiguration>(configuration), etag }
}
