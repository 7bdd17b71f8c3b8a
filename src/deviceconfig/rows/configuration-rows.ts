import { noConfiguration } from '../../addon-errors.ts'
import { andVisible, type Viewer } from '../../auth/devices/visible-devices.ts'
import type { Dialect } from '../../auth/dialect.ts'
import type { Db } from '../../db/db.ts'
import { raw, type Sql, sql } from '../../db/sql.ts'
import { deviceNotFound } from '../../errors.ts'
import type { Configuration } from '../configuration.ts'

type DeviceKey = { tenant_id: string; device_id: string }

export type ConfigurableDevice = { identity_data: object; group_name: string | null }

/** Locks the row of a device that can have a configuration, so that it is not removed before the transaction ends. */
export async function lockConfigurable(tx: Db, viewer: Viewer, device_id: string): Promise<ConfigurableDevice> {
  const found = await tx.first<ConfigurableDevice & { dialect: Dialect }>(sql`
    select d.identity_data, d.group_name, d.dialect from devices d
    where d.tenant_id = ${viewer.tenant_id} and d.id = ${device_id} ${andVisible(viewer)} for no key update`)
  if (!found) throw deviceNotFound()
  if (found.dialect === 'ddi') throw noConfiguration()
  return found
}

export type StoredConfiguration = { configured: Configuration; deployment_id: string | null; etag: string }

/** By its content: who saves what is stored already has not missed a change. */
export const configurationEtag = (configured: Sql): Sql => sql`md5(coalesce(${configured}::text, '{}'))`

/** `md5('{}')` */
const ETAG_OF_NONE = '99914b932bd37a50b983c5e7c90ae93b'

export async function readConfiguration(db: Db, { tenant_id, device_id }: DeviceKey): Promise<StoredConfiguration> {
  const found = await db.first<StoredConfiguration>(sql`
    select configured, deployment_id, ${configurationEtag(raw('configured'))} as etag from device_configurations
    where tenant_id = ${tenant_id} and device_id = ${device_id}`)
  return found ?? { configured: {}, deployment_id: null, etag: ETAG_OF_NONE }
}
