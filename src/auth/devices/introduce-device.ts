import { randomUUID } from 'node:crypto'
import type { Db } from '../../db/db.ts'
import { lockDevices } from '../../db/locks/device-lock.ts'
import { sql } from '../../db/sql.ts'
import type { DeviceKey } from '../device-key.ts'
import type { Dialect } from '../dialect.ts'
import type { Identity } from '../identity.ts'
import { type DeviceId, deriveStatus } from './derive-status.ts'

export type Introduction = {
  tenant_id: string
  /** The id of the device that has the identity; undefined if the caller knows of none. */
  known_id: string | undefined
  dialect: Dialect
  credentials: { identity: Identity; key: Pick<DeviceKey, 'pem' | 'sha256'> }
  status: 'pending' | 'preauthorized'
}

/**
 * Creates the auth set, and the device if it is not known yet. Returns the id of the device; undefined if another
 * request created or removed the device in the meantime: the caller must find it again.
 */
export async function introduceDevice(tx: Db, introduction: Introduction, now: Date): Promise<string | undefined> {
  const { tenant_id, known_id } = introduction
  const id = { tenant_id, device_id: known_id ?? randomUUID() }
  await lockDevices(tx, [id])
  const isThere = known_id === undefined ? await insertDevice(tx, id, { introduction, now }) : await exists(tx, id)
  if (!isThere) return undefined
  await insertAuthSet(tx, id, { introduction, now })
  await deriveStatus(tx, id, now)
  return id.device_id
}

type NewRows = { introduction: Introduction; now: Date }

const exists = async (tx: Db, { tenant_id, device_id }: DeviceId): Promise<boolean> =>
  (await tx.first(sql`select 1 from devices where tenant_id = ${tenant_id} and id = ${device_id}`)) !== undefined

/** Of several concurrent first requests, the primary key of device_identities lets one create the device. */
async function insertDevice(tx: Db, { tenant_id, device_id }: DeviceId, { introduction, now }: NewRows) {
  const { sha256, data, attributes } = introduction.credentials.identity
  const claimed = await tx.first(sql`
    insert into device_identities (tenant_id, identity_sha256, device_id)
    values (${tenant_id}, ${sha256}, ${device_id}) on conflict do nothing returning device_id`)
  if (!claimed) return false
  await tx.query(sql`
    insert into devices (tenant_id, id, identity_data, identity_sha256, dialect, status, created_ts,
      updated_ts, attributes, attributes_updated_ts)
    values (${tenant_id}, ${device_id}, ${JSON.stringify(data)}, ${sha256}, ${introduction.dialect}, 'noauth',
      ${now.toISOString()}, ${now.toISOString()}, ${JSON.stringify({ identity: attributes })}, ${now.toISOString()})`)
  return true
}

/** An existing set is left as it is, unless it is to be preauthorized and is pending or rejected. */
const insertAuthSet = (tx: Db, { tenant_id, device_id }: DeviceId, { introduction, now }: NewRows) =>
  tx.query(sql`
    insert into auth_sets as old (tenant_id, device_id, id, pubkey, key_sha256, status, ts)
    values (${tenant_id}, ${device_id}, ${randomUUID()}, ${introduction.credentials.key.pem},
      ${introduction.credentials.key.sha256}, ${introduction.status}, ${now.toISOString()})
    on conflict (tenant_id, device_id, key_sha256) do update set status = excluded.status
    where excluded.status = 'preauthorized' and old.status in ('pending', 'rejected')`)
