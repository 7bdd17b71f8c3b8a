import type { Db } from '../db.ts'
import { raw, sql } from '../sql.ts'
import { DISTRIBUTED, type Distributed } from './placement.ts'

/**
 * Spreads the tables of devices over the workers of a Citus cluster whose coordinator this is; answers those it spread. No server may
 * be running. Every step stands by itself, so that what was interrupted is done again and goes on.
 */
export async function distribute(db: Db, shards: number): Promise<string[]> {
  await requireCluster(db)
  const done = new Set(
    (await db.query<{ name: string }>(sql`select logicalrelid::regclass::text as name from pg_dist_partition`)).map(
      ({ name }) => name,
    ),
  )
  const left = DISTRIBUTED.filter(({ table }) => !done.has(table))
  for (const one of left) for (const name of Object.keys(one.foreign_keys ?? {})) await dropKey(db, one.table, name)
  for (const one of left) await spread(db, one, shards)
  for (const one of DISTRIBUTED)
    for (const [name, definition] of Object.entries(one.foreign_keys ?? {}))
      await addKey(db, one.table, { name, definition })
  if (!done.has('two_phase')) await addTwoPhase(db)
  for (const { table } of DISTRIBUTED)
    await db.query(sql`select truncate_local_data_after_distributing_table(${table}::regclass)`)
  return left.map(({ table }) => table)
}

async function requireCluster(db: Db): Promise<void> {
  const there = await db.first(sql`select 1 from pg_proc where proname = 'create_distributed_table'`)
  if (!there)
    throw new Error('This database has no Citus. Run `create extension citus` on every machine of the cluster.')
  const nodes = await db.first<{ coordinators: number; places: number }>(sql`
    select count(*) filter (where groupid = 0) as coordinators, count(*) filter (where shouldhaveshards and isactive) as places
    from pg_dist_node where noderole = 'primary'`)
  if (!nodes?.coordinators)
    throw new Error('The cluster does not know this machine. Run `select citus_set_coordinator_host(HOST)` here first.')
  if (!nodes.places) throw new Error('The cluster has no worker. Run `select citus_add_node(HOST, PORT)` here first.')
}

const dropKey = (db: Db, table: string, name: string) =>
  db.query(sql`alter table ${raw(table)} drop constraint if exists ${raw(name)}`)

async function addKey(db: Db, table: string, key: { name: string; definition: string }): Promise<void> {
  const there = await db.first(sql`
    select 1 from pg_constraint where conrelid = ${table}::regclass and conname = ${key.name}`)
  if (!there) await db.query(sql`alter table ${raw(table)} add constraint ${raw(key.name)} ${raw(key.definition)}`)
}

/** Only the first of those that are kept together says how many shards: the others have as many. */
const spread = (db: Db, { table, by, beside }: Distributed, shards: number) =>
  beside
    ? db.query(sql`select create_distributed_table(${table}::regclass, ${by}::text, colocate_with => ${beside}::text)`)
    : db.query(sql`
        select create_distributed_table(${table}::regclass, ${by}::text, colocate_with => 'none', shard_count => ${shards}::int)`)

/** What it is for: `begin.ts`. The last step, so that no transaction relies on it before. */
async function addTwoPhase(db: Db): Promise<void> {
  await db.query(sql`create table if not exists two_phase (nothing boolean)`)
  await db.query(sql`select citus_add_local_table_to_metadata('two_phase')`)
}
