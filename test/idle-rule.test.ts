import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { queryOn } from '../src/db/connections.ts'
import type { Hot } from '../src/db/db.ts'
import { raw, sql } from '../src/db/sql.ts'
import { findIdle } from '../src/deployments/poll/find-idle.ts'
import { cloneDatabase } from './support/clone-database.ts'

// Two places say what ends that a device is idle: the query that compares versions, and the triggers that write
// invalidations. Here every change of one column that the tables allow is tried on both.

const TABLES = ['devices', 'tenants', 'device_deployments'] as const
type Table = (typeof TABLES)[number]

/** Values of each type, beside null. */
const VALUES: Record<string, (column: string) => string[]> = {
  text: () =>
    ['accepted', 'noauth', 'suspended', 'os', 'downloading', 'pending', 'success', 'ddi', 'missed', 'other'].map(
      (word) => `'${word}'`,
    ),
  integer: (column) => [`coalesce(${column}, 0) + 1`],
  bigint: (column) => [`coalesce(${column}, 0) + 1`],
  boolean: (column) => [`not coalesce(${column}, false)`],
  'timestamp with time zone': () => ['now()', `now() + interval '1 day'`],
  ARRAY: () => [`'{"a"}'`],
  jsonb: () => [`'{"a": 1}'`],
}

const tenant_id = randomUUID()
const device_id = randomUUID()
const deployment_id = randomUUID()

let database: Awaited<ReturnType<typeof cloneDatabase>>
let client: pg.Client

beforeAll(async () => {
  database = await cloneDatabase()
  client = new pg.Client(database.url)
  await client.connect()
  await query(
    `insert into tenants (tenant_id, name, plan, created_ts) values ('${tenant_id}', 'a', 'enterprise', now())`,
  )
  await query(`
    insert into devices (tenant_id, id, identity_data, identity_sha256, status, created_ts, updated_ts, attributes,
      attributes_updated_ts)
    values ('${tenant_id}', '${device_id}', '{}', 'a', 'accepted', now(), now(), '{}', now())`)
  await query(`
    insert into deployments (tenant_id, id, name, artifact_name, created, dynamic, initial_device_count)
    values ('${tenant_id}', '${deployment_id}', 'd', 'r', now(), false, 1)`)
  await query(assign('now()', 0))
})
afterAll(async () => {
  await client.end()
  await database.drop()
})
const query = async (text: string) => (await client.query(text)).rows
const assign = (finished: 'now()' | 'null', forgotten: number) => `
  insert into device_deployments (tenant_id, device_id, id, deployment_id, deployment_created, phase_index, status,
    created, finished, deleted, forgotten)
  values ('${tenant_id}', '${device_id}', '${randomUUID()}', '${deployment_id}', now(), 0, 'success', now(), ${finished},
    ${forgotten > 0 ? 'now()' : 'null'}, ${forgotten})`

/** By the query, for versions that held before. */
async function isIdle(): Promise<boolean> {
  const hot = { ...queryOn(client), fence: raw('offset 0') } as Hot
  const device = { tenant_id, device_id, auth_set_id: '', token_generation: 0 }
  const [is_idle] = await findIdle({ db: { hot } } as Parameters<typeof findIdle>[0], [
    { device, idle: { device_version: 0, deployments_version: 0 } },
  ])
  return is_idle === true
}

/** By the triggers, in the transaction. */
async function isInvalidated(): Promise<boolean> {
  const found = await queryOn(client).query(sql`
    select from invalidations
    where tenant_id is null
      or (tenant_id = ${tenant_id} and coalesce(device_id, ${device_id}) = ${device_id})`)
  return found.length > 0
}

type Effect = { was_applied: boolean; ended: boolean; invalidated: boolean }

/**
 * What a statement does, which is then undone. One that the tables refuse does nothing. A transaction each: others wait
 * for the end of one that takes long.
 */
async function effectOf(statement: string): Promise<Effect> {
  await query('begin; delete from invalidations')
  expect(await isIdle()).toBe(true)
  try {
    await query(statement)
    return { was_applied: true, ended: !(await isIdle()), invalidated: await isInvalidated() }
  } catch (error) {
    if (!(error instanceof pg.DatabaseError) || !error.code?.startsWith('23')) throw error
    return { was_applied: false, ended: false, invalidated: false }
  } finally {
    await query('rollback')
  }
}

/** The columns that may change: not keys, and not those that are computed. */
const columnsOf = (table: Table): Promise<{ name: string; type: string }[]> =>
  query(`
    select column_name as name, data_type as type from information_schema.columns c
    where table_name = '${table}' and table_schema = current_schema() and is_generated = 'NEVER'
      and column_name not in (
        select k.column_name from information_schema.key_column_usage k
        join information_schema.table_constraints using (constraint_schema, constraint_name)
        where k.table_name = '${table}' and constraint_type = 'PRIMARY KEY' and k.column_name <> 'forgotten')`)

async function effectsOf(table: Table): Promise<Map<string, Effect[]>> {
  const effects = new Map<string, Effect[]>()
  const key = table === 'devices' ? 'id' : table === 'tenants' ? 'tenant_id' : 'device_id'
  const id = table === 'tenants' ? tenant_id : device_id
  for (const { name, type } of await columnsOf(table)) {
    const values = VALUES[type]?.(name)
    if (!values) throw new Error(`${table}.${name} is of the type ${type}: add values of it`)
    const own: Effect[] = []
    for (const value of ['null', ...values])
      own.push(await effectOf(`update ${table} set ${name} = ${value} where ${key} = '${id}'`))
    effects.set(`${table}.${name}`, own)
  }
  return effects
}

describe('what ends that a device is idle is invalidated in the same transaction', () => {
  test('if it is one column of a row that the device depends on, and nothing else is', async () => {
    const ended: string[] = []
    let applied = 0
    for (const table of TABLES)
      for (const [column, effects] of await effectsOf(table)) {
        const differing = effects.filter((one) => one.ended !== one.invalidated)
        expect([column, differing]).toEqual([column, []])
        if (effects.some((one) => one.was_applied)) applied++
        if (effects.some((one) => one.ended)) ended.push(column)
      }
    expect(ended.toSorted()).toEqual([
      'device_deployments.finished',
      'devices.device_version',
      'tenants.deployments_version',
      'tenants.status',
    ])
    expect(applied).toBeGreaterThan(40)
  })

  test.each([
    ['a deployment of the device that begins', () => assign('null', 1), true],
    ['one that has ended when it is written', () => assign('now()', 1), false],
    ['the removal of the device', () => `delete from devices where id = '${device_id}'`, true],
    [
      'a check-in',
      () => `insert into check_ins select tenant_id, id, now() from devices where id = '${device_id}'`,
      false,
    ],
  ])('if it is %s', async (_, statement, ends) => {
    expect(await effectOf(statement())).toEqual({ was_applied: true, ended: ends, invalidated: ends })
  })
})
