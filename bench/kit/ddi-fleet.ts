import { createHash, randomBytes } from 'node:crypto'
import { raw, type Sql, sql } from '../../src/db/sql.ts'
import { ATTRIBUTES, makeTenant } from './fleet.ts'
import type { Testbed } from './testbed.ts'

/** Accepted devices that speak DDI, created by SQL. Each has a target token; all may use the gateway token. */
export type DdiFleet = {
  tenant_id: string
  size: number
  controllerId: (index: number) => string
  targetToken: (index: number) => string
  gateway_token: string
}

const CHUNK = 100_000
const sha256 = (text: Sql) => sql`encode(sha256(convert_to(${text}, 'UTF8')), 'hex')`

/** They have nothing to do: no deployment, and nobody asks them for their attributes. */
export async function makeDdiFleet(testbed: Testbed, size: number): Promise<DdiFleet> {
  const { db } = testbed
  const tenant_id = await makeTenant(testbed)
  const gateway_token = randomBytes(32).toString('base64url')
  await db.query(sql`
    update tenants set ddi = '{"target_token": true, "gateway_token": true}' where tenant_id = ${tenant_id}`)
  await db.query(sql`
    insert into gateway_tokens (tenant_id, id, name, token_sha256, created_ts)
    values (${tenant_id}, 'bench', 'bench', ${createHash('sha256').update(gateway_token).digest('hex')}, now())`)
  const prefix = tenant_id.slice(0, 24)
  for (let from = 0; from < size; from += CHUNK)
    await insertDevices(testbed, { tenant_id, from, to: Math.min(from + CHUNK, size) - 1 })
  const controllerId = (index: number) => `${prefix}${String(index).padStart(12, '0')}`
  return { tenant_id, size, controllerId, targetToken: (index) => `target-${controllerId(index)}`, gateway_token }
}

type Range = { tenant_id: string; from: number; to: number }

/** Their controller IDs are their IDs. */
async function insertDevices({ db }: Testbed, { tenant_id, from, to }: Range) {
  const numbers = sql`(
    select i, ${tenant_id.slice(0, 24)} || lpad(i::text, 12, '0') as id
    from generate_series(${from}::int, ${to}::int) i) as n`
  const identity = sha256(raw(`'ddi' || chr(10) || n.id`))
  await db.query(sql`
    insert into devices (tenant_id, id, dialect, identity_data, identity_sha256, status, created_ts, updated_ts,
      attributes, attributes_updated_ts)
    select ${tenant_id}, n.id, 'ddi', jsonb_build_object('hawkbit_id', n.id), ${identity}, 'accepted', now(), now(),
      ${ATTRIBUTES}, now()
    from ${numbers}`)
  await db.query(sql`
    insert into device_identities (tenant_id, identity_sha256, device_id)
    select ${tenant_id}, ${identity}, n.id from ${numbers}`)
  await db.query(sql`
    insert into auth_sets (tenant_id, device_id, id, pubkey, key_sha256, status, ts)
    select ${tenant_id}, n.id, n.id, '', 'ddi', 'accepted', now() from ${numbers}`)
  await db.query(sql`
    insert into ddi_devices (tenant_id, device_id, target_token_sha256, wants_config_data)
    select ${tenant_id}, n.id, ${sha256(raw(`'target-' || n.id`))}, false from ${numbers}`)
}
