import type { Db } from '../db.ts'
import { raw, sql } from '../sql.ts'
import { DISTRIBUTED, type Distributed } from './placement.ts'

/**
 * Distributes the tables of devices over the workers of a Citus cluster whose coordinator this is, and returns their
 * names. No server may be running. Each step can be repeated, so an interrupted run continues where it stopped.
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
  for (const { table, triggers = [] } of left)
    for (const name of triggers) await db.query(sql`drop trigger if exists ${raw(name)} on ${raw(table)}`)
  for (const one of left) await distributeTable(db, one, shards)
  for (const one of DISTRIBUTED)
    for (const [name, definition] of Object.entries(one.foreign_keys ?? {}))
      await addKey(db, one.table, { name, definition })
  if (!done.has('two_phase')) await addTwoPhase(db)
  for (const { table } of DISTRIBUTED)
    await db.query(sql`select truncate_local_data_after_distributing_table(${table}::regclass)`)
  return left.map(({ table }) => table)
}

async function requireCluster(db: Db): Promise<void> {
  const citus = await db.first(sql`select 1 from pg_proc where proname = 'create_distributed_table'`)
  if (!citus)
    throw new Error('This database has no Citus. Run `create extension citus` on every machine of the cluster.')
  const nodes = await db.first<{ coordinators: number; workers: number }>(sql`
    select count(*) filter (where groupid = 0) as coordinators,
      count(*) filter (where shouldhaveshards and isactive) as workers
    from pg_dist_node where noderole = 'primary'`)
  if (!nodes?.coordinators)
    throw new Error('The cluster does not know this machine. Run `select citus_set_coordinator_host(HOST)` here first.')
  if (!nodes.workers) throw new Error('The cluster has no worker. Run `select citus_add_node(HOST, PORT)` here first.')
}

const dropKey = (db: Db, table: string, name: string) =>
  db.query(sql`alter table ${raw(table)} drop constraint if exists ${raw(name)}`)

async function addKey(db: Db, table: string, key: { name: string; definition: string }): Promise<void> {
  const found = await db.first(sql`
    select 1 from pg_constraint where conrelid = ${table}::regclass and conname = ${key.name}`)
  if (!found) await db.query(sql`alter table ${raw(table)} add constraint ${raw(key.name)} ${raw(key.definition)}`)
}

/** Of colocated tables, the first determines the number of shards. */
const distributeTable = (db: Db, { table, column, colocated_with }: Distributed, shards: number) =>
  colocated_with
    ? db.query(sql`
        select create_distributed_table(${table}::regclass, ${column}::text, colocate_with => ${colocated_with}::text)`)
    : db.query(sql`
        select create_distributed_table(
          ${table}::regclass, ${column}::text, colocate_with => 'none', shard_count => ${shards}::int)`)

/** The table that `begin.ts` needs. Created last, so that no transaction relies on it before. */
async function addTwoPhase(db: Db): Promise<void> {
  await db.query(sql`create table if not exists two_phase (nothing boolean)`)
  await db.query(sql`select citus_add_local_table_to_metadata('two_phase')`)
}
