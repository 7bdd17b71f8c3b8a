import pg from 'pg'
import { distribute } from '../../src/db/citus/distribute.ts'
import { DISTRIBUTED } from '../../src/db/citus/placement.ts'
import { migrate } from '../../src/db/migrate.ts'
import { openPool } from '../../src/db/pool.ts'
import { databaseUrl, run } from './run-statement.ts'

/**
 * The machines of a cluster as URLs of their maintenance databases, the coordinator first. `url`: that of the
 * coordinator, whose database has the extension and knows the workers.
 */
export async function findNodes(url: string): Promise<string[]> {
  const nodes = await run<{ nodename: string; nodeport: number }>(
    url,
    `select nodename, nodeport from pg_dist_node where noderole = 'primary' order by groupid`,
  )
  return nodes.map(({ nodename, nodeport }) => {
    const node = new URL(url)
    node.hostname = nodename
    node.port = `${nodeport}`
    return node.href
  })
}

/** A migrated database whose tables are distributed over the workers. */
export async function createDistributed(nodes: readonly string[], name: string, shards: number): Promise<void> {
  const pool = openPool(await createCluster(nodes, name), 1)
  try {
    await migrate(pool)
    await distribute(pool, shards)
  } finally {
    await pool.close()
  }
}

/** Creates an empty database on each machine, and adds the others to that of the coordinator. Returns its URL. */
export async function createCluster(nodes: readonly string[], name: string): Promise<string> {
  await createEverywhere(nodes, name)
  const [coordinator, ...workers] = nodes.map((node) => new URL(databaseUrl(node, name)))
  for (const node of nodes) await run(databaseUrl(node, name), 'create extension citus')
  await run(coordinator!.href, `select citus_set_coordinator_host('${coordinator!.hostname}', ${coordinator!.port})`)
  for (const { hostname, port } of workers)
    await run(coordinator!.href, `select citus_add_node('${hostname}', ${port})`)
  return coordinator!.href
}

/** As an earlier version of `muster distribute` did, which knew the tables that exist. */
export async function distributeExisting(url: string, shards: number): Promise<void> {
  for (const { table, column, colocated_with, foreign_keys = {}, triggers = [] } of DISTRIBUTED) {
    const [found] = await run(url, `select from pg_class where oid = to_regclass('${table}')`)
    if (!found) continue
    for (const key of Object.keys(foreign_keys)) await run(url, `alter table ${table} drop constraint ${key}`)
    for (const trigger of triggers) await run(url, `drop trigger if exists ${trigger} on ${table}`)
    const by = colocated_with ? `'${colocated_with}'` : `'none', shard_count => ${shards}`
    await run(url, `select create_distributed_table('${table}', '${column}', colocate_with => ${by})`)
    for (const [key, definition] of Object.entries(foreign_keys))
      await run(url, `alter table ${table} add constraint ${key} ${definition}`)
  }
  await run(url, 'create table two_phase (nothing boolean)')
  await run(url, `select citus_add_local_table_to_metadata('two_phase')`)
}

/** An empty database on each machine, or a copy of a `template` that nobody uses. */
export const createEverywhere = (nodes: readonly string[], name: string, template?: string) =>
  onEach(nodes, async (client) => {
    const copy = template ? `template ${template}` : ''
    // The maintenance daemon of Citus stays connected to each database that it knows, and starts again by itself.
    for (let tries = 0; ; tries++)
      try {
        if (template)
          await client.query(`select pg_terminate_backend(pid) from pg_stat_activity where datname = $1`, [template])
        return await client.query(`create database ${name} ${copy}`)
      } catch (error) {
        if ((error as { code?: string }).code !== OBJECT_IN_USE || tries === MAX_TRIES) throw error
        await new Promise((wake) => setTimeout(wake, 50))
      }
  })

const OBJECT_IN_USE = '55006'
const MAX_TRIES = 20

export const dropEverywhere = (nodes: readonly string[], name: string) =>
  onEach(nodes, (client) => client.query(`drop database if exists ${name} with (force)`))

async function onEach(nodes: readonly string[], work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  await Promise.all(
    nodes.map(async (node) => {
      const client = new pg.Client(node)
      await client.connect()
      try {
        await client.query('set citus.enable_create_database_propagation = off')
        await work(client)
      } finally {
        await client.end()
      }
    }),
  )
}
