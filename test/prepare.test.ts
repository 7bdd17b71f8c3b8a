import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Database, Transaction } from '../src/db/db.ts'
import { openPool } from '../src/db/pool.ts'
import { prepared, sql } from '../src/db/sql.ts'
import { cloneDatabase } from './support/clone-database.ts'
import { fillRows } from './support/fill-rows.ts'

let database: Awaited<ReturnType<typeof cloneDatabase>>
let db: Database
beforeAll(async () => {
  database = await cloneDatabase()
  db = openPool(database.url, 1)
})
afterAll(async () => {
  await db.close()
  await database.drop()
})

const marked = (tx: Transaction) => tx.first<{ n: number }>(prepared(sql`select ${1}::int as n`))

/** How many statements the connection has prepared, and how many of their executions were not planned. */
const kept = (tx: Transaction) =>
  tx.first<{ statements: number; executions: number }>(sql`
    select count(*) as statements, coalesce(sum(generic_plans), 0)::int as executions
    from pg_prepared_statements where not from_sql and statement like 'select %::int as n'`)

test('marked statements are prepared in hot transactions, once the table that they write is large', async () => {
  const run = (tx: Transaction) => Promise.all([marked(tx), marked(tx), kept(tx)])
  expect((await db.hot.transaction(run))[2]).toEqual({ statements: 0, executions: 0 })
  await fillRows(db)
  // The size is looked up once a second.
  await new Promise((wake) => setTimeout(wake, 1100))
  expect((await db.transaction(run))[2]).toEqual({ statements: 0, executions: 0 })
  expect(await db.hot.transaction(run)).toEqual([{ n: 1 }, { n: 1 }, { statements: 1, executions: 2 }])
})

test('a hot transaction leaves no setting behind', async () => {
  const settings = () =>
    db.first(sql`select current_setting('enable_seqscan') as scans, current_setting('plan_cache_mode') as plans`)
  const before = await settings()
  const during = await db.hot.transaction((tx) => tx.first(sql`select current_setting('enable_seqscan') as scans`))
  expect(during).toEqual({ scans: 'off' })
  expect(await settings()).toEqual(before)
})
