import { randomUUID } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { beforeEach, expect, inject, test } from 'vitest'
import { distribute } from '../src/db/citus/distribute.ts'
import type { Db } from '../src/db/db.ts'
import { migrate } from '../src/db/migrate.ts'
import { openPool } from '../src/db/pool.ts'
import { raw, sql } from '../src/db/sql.ts'
import type { SimulatedDevice } from '../src/simulate/simulated-device.ts'
import { catalogOf } from './support/catalog.ts'
import { createCluster, distributeExisting, dropEverywhere } from './support/citus.ts'
import { cloneDatabase } from './support/clone-database.ts'
import { deploy, inventoryTerm, poll, reportAll, saveFilter, statistics } from './support/deploy.ts'
import { makeFleet } from './support/device.ts'
import { startDoubtfulMachine } from './support/doubtful-machine.ts'
import { databaseUrl, run } from './support/run-statement.ts'
import { startServer } from './support/server.ts'

// What only a cluster has. That everything else works there, the other tests show with MUSTER_TEST_CITUS_URL.

beforeEach(({ skip }) => {
  if (inject('citus_nodes').length === 0) skip('there is no cluster (MUSTER_TEST_CITUS_URL)')
})

const STEPS = ['downloading', 'installing', 'rebooting', 'success']

test('what devices ask and report goes to the shard of the device only', async () => {
  const database = await cloneDatabase()
  await run(
    database.url,
    `alter database ${new URL(database.url).pathname.slice(1)} set citus.enable_stat_counters = on`,
  )
  const server = await startServer({ database_url: database.url })
  const { tenant, devices, ids } = await makeFleet(server, 12)
  const { db } = server.env
  const id = await deploy(tenant.api, { devices: ids })
  const { shards } = db.distribution
  expect(new Set(ids.map((device_id) => shards?.shardOf(device_id))).size).toBeGreaterThan(2)
  const before = await countStatements(db)
  const offers = await Promise.all(devices.map((device) => poll(device)))
  expect(offers.map(({ status }) => status)).toEqual(ids.map(() => 200))
  for (const status of STEPS) await reportAll(devices, id, status)
  await Promise.all(devices.map((device) => device.sendInventory({ device_type: 'qemux86-64', again: 'yes' })))
  for (const device of devices) expect((await poll(device)).status).toBe(204)
  const after = await countStatements(db)
  expect(after.several - before.several).toBe(0)
  expect(after.single - before.single).toBeGreaterThan(ids.length)
  expect(await statistics(tenant.api, id)).toEqual({ success: ids.length })
  await server[Symbol.asyncDispose]()
  await database.drop()
})

/** Statements on distributed tables, by the number of their shards. */
const countStatements = async (db: Db) => {
  const row = await db.first<{ single: number; several: number }>(sql`
    select query_execution_single_shard as single, query_execution_multi_shard as several
    from citus_stat_counters((select oid from pg_database where datname = current_database()))`)
  return row!
}

test('a machine that is away holds up its own devices only', async () => {
  await using server = await startServer({ environment: { MUSTER_LOG_LEVEL: 'silent' } })
  const { tenant, devices, ids } = await makeFleet(server, 16)
  const away = new Set(await devicesOfFirstWorker(server, ids))
  expect(away.size).toBeGreaterThan(0)
  expect(away.size).toBeLessThan(ids.length)
  const id = await deploy(tenant.api, { devices: ids })
  const isAway = (device: SimulatedDevice) => away.has(device.id)
  // Nothing listens there.
  const node = await firstWorker(server)
  await moveNode(server, node.nodeid, '127.0.0.1', 9)
  const offers = await Promise.all(devices.map((device) => poll(device)))
  expect(offers.map(({ status }) => status)).toEqual(devices.map((device) => (isAway(device) ? 503 : 200)))
  const reports = await Promise.all(devices.map((device) => device.report(id, 'downloading')))
  expect(reports.map(({ status }) => status)).toEqual(devices.map((device) => (isAway(device) ? 503 : 204)))

  await moveNode(server, node.nodeid, node.nodename, node.nodeport)
  await expect.poll(async () => (await poll(devices.find(isAway)!)).status).toBe(200)
  for (const device of devices.filter(isAway)) expect((await poll(device)).status).toBe(200)
  for (const status of STEPS) await reportAll(devices, id, status)
  expect(await statistics(tenant.api, id)).toEqual({ success: ids.length })
})

test('what is committed but not yet on its machine is not acknowledged, and shows once it is there', async () => {
  await using server = await startServer({ environment: { MUSTER_LOG_LEVEL: 'silent' } })
  const { tenant, devices, ids } = await makeFleet(server, 8)
  const [listed, tagged, claiming] = await devicesOfFirstWorker(server, ids)
  const byId = (id?: string) => devices.find((device) => device.id === id)!
  const term = { ...inventoryTerm('ring', 'first'), scope: 'tags' }
  const by_tag = await deploy(tenant.api, { filter_id: await saveFilter(tenant.api, term) })
  const offered = await deploy(tenant.api, { devices: [claiming] })
  const expectIdle = async () => {
    for (const id of [listed, tagged]) expect((await poll(byId(id))).status).toBe(204)
  }
  const node = await firstWorker(server)
  await using machine = await startDoubtfulMachine(node.nodename, node.nodeport)
  await using _without_tls = await withoutTls(server)
  await moveNode(server, node.nodeid, '127.0.0.1', machine.port)
  await expectIdle()

  machine.losesCommits = true
  const tag = { name: 'ring', value: 'first' }
  const put = await tenant.api.put(`/api/management/v1/inventory/devices/${tagged}/tags`, [tag])
  expect(put.status).toBe(503)
  await expect(deploy(tenant.api, { devices: [listed] })).rejects.toThrow()
  expect((await poll(byId(claiming))).status).toBe(503)
  // Longer than it takes to find out what is settled: nothing becomes current in the meantime.
  for (const until = Date.now() + 4000; Date.now() < until; ) {
    await expectIdle()
    await new Promise((wake) => setTimeout(wake, 50))
  }
  machine.losesCommits = false
  await server.env.db.query(sql`select recover_prepared_transactions()`)
  for (const id of [listed, tagged, claiming]) expect((await poll(byId(id))).status).toBe(200)
  for (const id of [by_tag, offered]) expect(await statistics(tenant.api, id)).toEqual({ pending: 1 })
  await moveNode(server, node.nodeid, node.nodename, node.nodeport)
})

test('a cluster of an earlier version is upgraded through the coordinator, with its rows', async () => {
  const nodes = inject('citus_nodes')
  const name = `t_${randomUUID().replaceAll('-', '')}`
  const url = await createCluster(nodes, name)
  const db = openPool(url, 2)
  const migrations = (await readdir('src/db/migrations')).filter((file) => file.endsWith('.sql')).sort()
  const earlier = migrations.filter((file) => file < '0025')
  await migrate(db, earlier)
  await distributeExisting(url, inject('shards'))
  await db.query(sql`insert into tenants (tenant_id, name, plan, created_ts) values ('t', 'T', 'os', now())`)
  await db.query(sql`
    insert into devices (tenant_id, id, identity_data, identity_sha256, status, created_ts, updated_ts, check_in_time,
      attributes_updated_ts)
    select 't', n::text, '{}', n::text, 'accepted', now(), now(), now(), now() from generate_series(1, 40) n`)
  expect(await migrate(db)).toEqual(migrations.slice(earlier.length))
  expect(await distribute(db, inject('shards'))).toEqual(['check_ins', 'device_configurations'])
  const missing = await db.query(sql`
    select d.id from devices d left join check_ins c on c.tenant_id = d.tenant_id and c.device_id = d.id
    where c.at is null`)
  expect(missing).toEqual([])
  const template = openPool(databaseUrl(url, inject('template')), 1)
  expect(await catalogOf(db)).toEqual(await catalogOf(template))
  await template.close()
  await db.close()
  await (await startServer({ database_url: url }))[Symbol.asyncDispose]()
  await dropEverywhere(nodes, name)
})

/** Has the coordinator do without TLS where a machine has none. */
async function withoutTls({ database_url }: { database_url: string }): Promise<AsyncDisposable> {
  const reload = () => run(database_url, 'select pg_reload_conf()')
  await run(database_url, `alter system set citus.node_conninfo = 'sslmode=prefer'`)
  await reload()
  const reset = async () => {
    await run(database_url, 'alter system reset citus.node_conninfo')
    await reload()
  }
  return { [Symbol.asyncDispose]: reset }
}

type Worker = { nodeid: number; nodename: string; nodeport: number }

const firstWorker = async ({ env: { db } }: { env: { db: Db } }): Promise<Worker> =>
  (await db.first<Worker>(sql`
    select nodeid, nodename, nodeport from pg_dist_node where groupid = (
      select min(groupid) from pg_dist_node where shouldhaveshards)`))!

async function devicesOfFirstWorker({ env: { db } }: { env: { db: Db } }, ids: readonly string[]): Promise<string[]> {
  const rows = await db.query<{ id: string }>(sql`
    select id from unnest(${ids}::text[]) as id
      join pg_dist_placement p on p.shardid = get_shard_id_for_distribution_column('devices', id)
    where p.groupid = (select min(groupid) from pg_dist_node where shouldhaveshards)`)
  return rows.map(({ id }) => id)
}

/** What the coordinator believes to be the address of a worker. The worker itself need not know. */
async function moveNode({ env: { db } }: { env: { db: Db } }, nodeid: number, name: string, port: number) {
  await db.query(raw(`select citus_update_node(${nodeid}, '${name}', ${port})`))
}
