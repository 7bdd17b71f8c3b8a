import { afterAll, beforeAll, expect, test } from 'vitest'
import { hashText } from '../src/db/citus/hash-text.ts'
import { DISTRIBUTED, NOT_DISTRIBUTED } from '../src/db/citus/placement.ts'
import type { Database } from '../src/db/db.ts'
import { openPool } from '../src/db/pool.ts'
import { sql } from '../src/db/sql.ts'
import { writeDistributed } from '../src/inventory/attributes/write-distributed.ts'
import { writeInOneStatement } from '../src/inventory/attributes/write-in-one-statement.ts'
import { findGroups } from '../src/inventory/groups/find-groups.ts'
import { scanGroups } from '../src/inventory/groups/scan-groups.ts'
import { cloneDatabase } from './support/clone-database.ts'
import { sourceFiles } from './support/statements.ts'

// What Citus requires of a schema, checked in the catalog of the migrated schema without Citus.

let db: Database
let drop: () => Promise<unknown>
beforeAll(async () => {
  const database = await cloneDatabase()
  db = openPool(database.url, 2)
  drop = database.drop
})
afterAll(async () => {
  await db.close()
  await drop()
})

const TABLES = DISTRIBUTED.map(({ table }) => table)
const keyOf = (table: string) => DISTRIBUTED.find((one) => one.table === table)?.column

test('every table is listed as distributed or not distributed', async () => {
  const tables = await db.query<{ name: string }>(sql`
    select relname as name from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'f', 'm') order by 1`)
  expect([...TABLES, ...NOT_DISTRIBUTED].sort()).toEqual(tables.map(({ name }) => name).sort())
})

test('every unique key of a distributed table contains its distribution column', async () => {
  const keys = await db.query<{ table: string; key: string; columns: string[] }>(sql`
    select c.relname as table, k.relname as key, array(
      select a.attname::text from pg_attribute a
      where a.attrelid = c.oid and a.attnum = any((i.indkey::int2[])[0:i.indnkeyatts - 1])) as columns
    from pg_index i join pg_class c on c.oid = i.indrelid join pg_class k on k.oid = i.indexrelid
    where (i.indisunique or i.indisexclusion) and c.relname = any(${TABLES})
      and c.relnamespace = 'public'::regnamespace`)
  expect(keys.length).toBeGreaterThanOrEqual(TABLES.length)
  expect(keys.filter(({ table, columns }) => !columns.includes(keyOf(table) ?? ''))).toEqual([])
})

test('distribution columns of colocated tables have the same type and collation', async () => {
  for (const { table, column: by, colocated_with: beside } of DISTRIBUTED) {
    const [own, other] = await Promise.all([typeOf(table, by), beside && typeOf(beside, keyOf(beside) ?? '')])
    expect(own).toMatchObject({ not_null: true })
    if (beside) expect(own).toEqual(other)
  }
})

const typeOf = (table: string, column: string) =>
  db.first(sql`
    select atttypid::regtype::text as type, attcollation as collation, attnotnull as not_null from pg_attribute
    where attrelid = ${table}::regclass and attname = ${column}`)

test('foreign keys of distributed tables refer to colocated tables by device, and are listed', async () => {
  const keys = await db.query<{ table: string; name: string; target: string; pairs: string[]; definition: string }>(sql`
    select o.conrelid::regclass::text as table, o.conname as name, o.confrelid::regclass::text as target,
      pg_get_constraintdef(o.oid) as definition, array(
        select own.attname || ' ' || other.attname from unnest(o.conkey, o.confkey) as pair (own, other)
          join pg_attribute own on own.attrelid = o.conrelid and own.attnum = pair.own
          join pg_attribute other on other.attrelid = o.confrelid and other.attnum = pair.other) as pairs
    from pg_constraint o
    where o.contype = 'f'
      and (o.conrelid::regclass::text = any(${TABLES}) or o.confrelid::regclass::text = any(${TABLES}))`)
  for (const { table, name, target, pairs, definition } of keys) {
    const one = DISTRIBUTED.find((placed) => placed.table === table)
    expect(one?.colocated_with, `${name}: from ${table} to ${target}`).toBe(target)
    expect(pairs).toContain(`${keyOf(table)} ${keyOf(target)}`)
    expect(one?.foreign_keys?.[name]).toBe(definition)
  }
  const listed = DISTRIBUTED.flatMap(({ foreign_keys = {} }) => Object.keys(foreign_keys))
  expect(keys.map(({ name }) => name).sort()).toEqual(listed.sort())
})

test('distributed tables have no rules, policies, sequences, parents or volatile defaults', async () => {
  const found = await db.query(sql`
    select ev_class::regclass::text as table, 'rule' as what from pg_rewrite where ev_class::regclass::text = any(${TABLES})
    union all select polrelid::regclass::text, 'policy' from pg_policy where polrelid::regclass::text = any(${TABLES})
    union all select inhrelid::regclass::text, 'parent' from pg_inherits where inhrelid::regclass::text = any(${TABLES})
    union all select attrelid::regclass::text, 'identity' from pg_attribute
      where attidentity <> '' and attrelid::regclass::text = any(${TABLES})
    union all select adrelid::regclass::text, pg_get_expr(adbin, adrelid) from pg_attrdef
        join pg_attribute on attrelid = adrelid and attnum = adnum and attgenerated = ''
      where adrelid::regclass::text = any(${TABLES}) and pg_get_expr(adbin, adrelid) ~ '[(]'`)
  expect(found).toEqual([])
})

test('the triggers of distributed tables are those that are dropped', async () => {
  const found = await db.query<{ name: string }>(sql`
    select tgrelid::regclass || ' ' || tgname as name from pg_trigger
    where not tgisinternal and tgrelid::regclass::text = any(${TABLES})`)
  const dropped = DISTRIBUTED.flatMap(({ table, triggers = [] }) => triggers.map((name) => `${table} ${name}`))
  expect(found.map(({ name }) => name).sort()).toEqual(dropped.sort())
})

test('the shard of an id is computed as by PostgreSQL', async () => {
  const texts = [
    '',
    'a',
    'é',
    'twelve bytes',
    ...Array.from({ length: 60 }, (_, n) => 'żółw-0123'.repeat(7).slice(0, n)),
  ]
  const rows = await db.query<{ hash: number }>(sql`
    select hashtext(text) as hash from unnest(${texts}::text[]) with ordinality as given (text, n) order by n`)
  expect(texts.map(hashText)).toEqual(rows.map(({ hash }) => hash))
})

test('groups are the same by a loose index scan and by a scan of all devices', async () => {
  await db.query(sql`insert into tenants (tenant_id, name, plan, created_ts) values ('t', 'T', 'os', now())`)
  await db.query(sql`
    insert into devices (tenant_id, id, identity_data, identity_sha256, status, created_ts, updated_ts, group_name,
      attributes_updated_ts)
    select 't', n, '{}', n, case when n % 5 = 0 then 'pending' else 'accepted' end, now(), now(),
      (array['b', 'B', '_a', 'a-1', null])[n % 5 + 1], now() from generate_series(1, 40) n`)
  for (const groups of [null, ['b', 'B', 'c']])
    for (const status of [undefined, 'accepted', 'pending', 'noauth']) {
      const viewer = { tenant_id: 't', scope: { groups, tags: null } }
      expect(await scanGroups({ db }, viewer, status)).toEqual(await findGroups({ db }, viewer, status))
    }
})

test('attributes are written with the same result in one statement and in two under locks', async () => {
  const note = { a: 'n' }
  const many = Object.fromEntries(Array.from({ length: 21 }, (_, n) => [`a${n}`, n]))
  const base = {
    scope: 'inventory',
    replace: false,
    values: { a: 2 },
    notes: {},
    within: null,
    if_match: null,
    check_in: false,
    max_attributes: 20,
  }
  const writes = [
    {},
    { replace: true },
    { scope: 'tags', notes: note },
    { scope: 'tags', if_match: ['another'] },
    { values: many },
    { values: { a: 1 }, notes: note },
    { replace: true, values: { a: 1 }, notes: note, check_in: true },
    { check_in: true },
    { within: ['g'] },
    { within: ['h'] },
    { replace: true, values: {}, notes: {} },
    { values: { a: 'x'.repeat(2 ** 20) } },
  ]
  const written = (tenant_id: string, write: typeof writeDistributed) => writeAll(tenant_id, { base, writes, write })
  const [single, distributed] = [
    await written('single', writeInOneStatement),
    await written('distributed', writeDistributed),
  ]
  expect(distributed).toEqual(single)
  expect(single.outcomes).toHaveLength(writes.length - 1)
  expect(single.rows.filter((row) => row.device_version === 8)).toHaveLength(7)
})

async function writeAll(
  tenant_id: string,
  { base, writes, write }: { base: object; writes: object[]; write: typeof writeDistributed },
) {
  await db.query(sql`insert into tenants (tenant_id, name, plan, created_ts) values (${tenant_id}, 'T', 'os', now())`)
  await db.query(sql`
    insert into devices (tenant_id, id, identity_data, identity_sha256, status, created_ts, updated_ts, group_name,
      attributes_updated_ts, attributes, attribute_notes, device_version)
    select ${tenant_id}, ${tenant_id} || n, '{}', ${tenant_id} || n, 'accepted', '2026-01-01', '2026-01-01', 'g',
      '2026-01-01',
      '{"inventory": {"a": 1, "b": 1}}', '{"inventory": {"a": "n"}}', 7
    from generate_series(0, ${writes.length - 1}::int) n`)
  const writeRows = writes.map((one, at) => ({ ...base, ...one, at, tenant_id, device_id: `${tenant_id}${at}` }))
  const absent = { ...base, at: writes.length, tenant_id, device_id: 'absent' }
  const all = [...writeRows, absent] as unknown as Parameters<typeof writeDistributed>[1]['rows']
  const outcomes = await db.transaction((tx) => write(tx, { now: '2026-01-02T00:00:00Z', rows: all, devices: all }))
  const rows = await db.query<{ device_version: number }>(sql`
    select substr(id, ${tenant_id.length + 1}::int)::int as at, md5(attributes::text) as attributes, attribute_notes,
      device_version, attributes_updated_ts,
      (select c.at from check_ins c where c.tenant_id = d.tenant_id and c.device_id = d.id) as seen
    from devices d where tenant_id = ${tenant_id} order by 1`)
  return { outcomes: outcomes.sort((a, b) => a.at - b.at), rows }
}

const refused = /\bfor (no key )?update\b|\bskip locked\b|\bwith recursive\b|\blateral\b/

const ON_THE_DEVICE = 'lateral, but a join on the device ID, and `apart` is empty there'
const ONE_DEVICE = 'locks the row of one device: one shard'
const ALTERNATIVE = 'locks rows, and uses other statements where that is rejected'
// Why Citus accepts the statement, or what the code does if it does not.
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'auth/devices/visible-devices.ts': ONE_DEVICE,
  'auth/devices/derive-status.ts': ONE_DEVICE,
  'auth/devices/remove-device.ts': ONE_DEVICE,
  'deployments/devices/forget-device.ts': ONE_DEVICE,
  'deployments/rows/pin-rows.ts': ONE_DEVICE,
  'deviceconfig/rows/configuration-rows.ts': ONE_DEVICE,
  'inventory/groups/change-group.ts': ALTERNATIVE,
  'auth/devices/accept-auth-set.ts': 'locks the row of the tenant, which is not distributed',
  'auth/tenants/change-tenant.ts': 'locks the row of the tenant, which is not distributed',
  'auth/devices/accepted-devices.ts': ON_THE_DEVICE,
  'auth/devices/token-rows.ts': ON_THE_DEVICE,
  'deployments/orders/preview-deployment.ts': ON_THE_DEVICE,
  'deployments/poll/device-state.ts': ON_THE_DEVICE,
  'deployments/poll/find-idle.ts': ON_THE_DEVICE,
  'inventory/groups/find-groups.ts': 'recurses, and uses another statement where that is rejected',
  'inventory/attributes/write-in-one-statement.ts': ALTERNATIVE,
  'inventory/attributes/write-scope-with-event.ts': ONE_DEVICE,
  'webhooks/redeliver-event.ts': ONE_DEVICE,
}

const VIEWS = ['effective_device_deployments', 'listed_devices', 'touched_devices']
const naming = (tables: readonly string[]) => new RegExp(`\\b(from|join|update|into|using)\\s+(${tables.join('|')})\\b`)
const DISTRIBUTED_ONES = naming([...TABLES, ...VIEWS])

test('no statement on distributed tables locks rows of many devices, recurses, or joins laterally from a list', () => {
  const found = sourceFiles().filter(({ text }) => DISTRIBUTED_ONES.test(text) && refused.test(text))
  expect(found.map(({ name }) => name).filter((name) => !EXCEPTIONS[name])).toEqual([])
})

// Citus would send all rows of the plain table to the workers, or all of the distributed ones to the coordinator. Some
// it refuses.
const JOINS: Readonly<Record<string, string>> = {
  'deployments/upkeep/write-aborts.ts': 'a subquery of its own, which is run first',
}

test('no statement joins distributed tables with tables of the coordinator, or reads a view that does', () => {
  const on_coordinator = naming(NOT_DISTRIBUTED)
  const found = sourceFiles().filter(({ statements }) =>
    statements.some((text) => DISTRIBUTED_ONES.test(text) && (on_coordinator.test(text) || naming(VIEWS).test(text))),
  )
  expect(found.map(({ name }) => name).filter((name) => !JOINS[name])).toEqual([])
})

test('rows of distributed tables are locked by queries of one table, and not in a part of a statement', () => {
  const found = sourceFiles().filter(({ name, statements }) =>
    statements.some(
      (text) =>
        DISTRIBUTED_ONES.test(text) &&
        /\bfor (no key )?update\b/.test(text) &&
        (/^sql`\s*with\b/.test(text) || /\bfrom\s+\w+ \w+\s*(,|join)/.test(text)) &&
        EXCEPTIONS[name] !== ALTERNATIVE,
    ),
  )
  expect(found.map(({ name }) => name)).toEqual([])
})

// A time moved by an interval depends on the time zone, and Citus accepts no such function of a column in an update.
test('no change of rows of distributed tables calculates with intervals', () => {
  const found = sourceFiles().filter(({ statements }) =>
    statements.some((text) => CHANGES_ROWS.test(text) && /\binterval\b/.test(text)),
  )
  expect(found.map(({ name }) => name)).toEqual([])
})

const CHANGES_ROWS = new RegExp(`\\b(update|delete from)\\s+(${TABLES.join('|')})\\b`)

const BESIDE_ROWS = 'joins the rows of the devices on a cluster'
// Rows that are only listed are sent by COPY. Why they are committed in two phases all the same.
const COPIED: Readonly<Record<string, string>> = {
  'deployments/poll/claim.ts': BESIDE_ROWS,
  'deployments/rows/target-rows.ts': 'follows a statement that writes to the same shards',
  'inventory/attributes/check-ins.ts': BESIDE_ROWS,
}

test('rows that are inserted from lists are committed in two phases', () => {
  const inserts = new RegExp(`\\binsert into (${TABLES.join('|')})\\b[^;]*?\\bfrom (unnest|json|\\$\\{given)`)
  const found = sourceFiles().filter(({ statements }) => statements.some((text) => inserts.test(text)))
  expect(found.map(({ name }) => name).sort()).toEqual(Object.keys(COPIED).sort())
})

test('lists of unlike types are read with ordinality', () => {
  const found = sourceFiles().flatMap(({ name, text: source }) => {
    const lists = source.matchAll(/\bunnest\([^`]*?\)\s+(with ordinality )?as \w+ \(/g)
    return [...lists]
      .filter(([text, ordinality]) => !ordinality && /,[^`]*::(?!text)\w+\[\]/.test(text))
      .map(() => name)
  })
  // Of a table that is not distributed.
  expect(found).toEqual(['auth/guesses/guess-limit.ts'])
})
