import { randomUUID } from 'node:crypto'
import { deviceTokens, TOKEN_LIFETIME_S } from '../../src/auth/token.ts'
import { raw, type Sql, sql } from '../../src/db/sql.ts'
import type { Testbed } from './testbed.ts'

/** Accepted devices, created by SQL because acceptance is not what is measured. */
export type Fleet = { tenant_id: string; size: number; token: (index: number) => string; id: (index: number) => string }

export async function makeTenant({ db }: Testbed): Promise<string> {
  const tenant_id = randomUUID()
  await db.query(sql`
    insert into tenants (tenant_id, name, plan, created_ts) values (${tenant_id}, 'bench', 'enterprise', now())`)
  return tenant_id
}

/** A typical number of attributes. `region` has ten values; `number` and `serial` are unique. */
export const ATTRIBUTES = sql`jsonb_build_object(
    'identity', jsonb_build_object('serial', n.id),
    'inventory',
      (select jsonb_object_agg('fact_' || f, 'a value of usual length, number ' || f) from generate_series(1, 18) f)
      || jsonb_build_object('region', 'region-' || (n.i % 10), 'number', n.i, 'device_type', 'gateway',
        'artifact_name', 'factory'))`

/** `from`: the number of the first device, if the tenant has others. */
export async function makeFleet(
  { db, secret }: Testbed,
  {
    tenant_id,
    size,
    from = 0,
    attributes = ATTRIBUTES,
  }: { tenant_id: string; size: number; from?: number; attributes?: Sql },
): Promise<Fleet> {
  const id = (index: number) => deviceId(tenant_id, from + index)
  const numbers = sql`(
    select i, ${tenant_id.slice(0, 24)} || lpad(i::text, 12, '0') as id
    from generate_series(${from}::int, ${from + size - 1}::int) i) as n`
  await db.query(sql`
    insert into devices (tenant_id, id, identity_data, identity_sha256, status, created_ts, updated_ts, attributes,
      attributes_updated_ts)
    select ${tenant_id}, n.id, jsonb_build_object('serial', n.id), n.id, 'accepted', now(), now(), ${attributes}, now()
    from ${numbers}`)
  await db.query(sql`
    insert into auth_sets (tenant_id, device_id, id, pubkey, key_sha256, status, ts)
    select ${tenant_id}, n.id, n.id, 'a key', n.id, 'accepted', now() from ${numbers}`)
  return { tenant_id, size, id, token: (index) => tokenOf(secret, tenant_id, id(index)) }
}

/** The ID of a device by its number. */
export const deviceId = (tenant_id: string, number: number): string =>
  `${tenant_id.slice(0, 24)}${String(number).padStart(12, '0')}`

const CHUNK = 100_000

/** Creates a large fleet in chunks. `first`: the number of the first device, if the tenant has others. */
export async function makeLargeFleet(
  testbed: Testbed,
  { tenant_id, size, first = 0, attributes }: { tenant_id: string; size: number; first?: number; attributes?: Sql },
): Promise<Fleet> {
  for (let from = 0; from < size; from += CHUNK)
    await makeFleet(testbed, {
      ...{ tenant_id, size: Math.min(CHUNK, size - from), from: first + from },
      ...(attributes && { attributes }),
    })
  return makeFleet(testbed, { tenant_id, size: 0, from: first })
}

export function tokenOf(secret: Buffer, tenant_id: string, id: string): string {
  const iat = Math.floor(Date.now() / 1000)
  return deviceTokens.sign(secret, {
    ...{ jti: id, sub: id, iss: 'Mender', iat, exp: iat + TOKEN_LIFETIME_S, generation: 0 },
    ...{ 'mender.tenant': tenant_id, 'mender.device': true, 'mender.plan': 'enterprise' },
    ...{ 'mender.trial': false, 'mender.addons': [] },
  })
}

/**
 * Vacuums and analyzes after a bulk load; otherwise the first figures include that work. Lists only tables that have
 * rows: PostgreSQL plans queries on a table that was analyzed while empty as if it stayed empty.
 */
export async function vacuum({ db }: Testbed, tables = 'tenants, devices, auth_sets'): Promise<void> {
  await db.query(raw(`vacuum (analyze) ${tables}`))
  await db.query(sql`checkpoint`)
}

export const times = <Item>(size: number, make: (index: number) => Item): Item[] =>
  Array.from({ length: size }, (_, index) => make(index))
