import { beforeEach, expect, inject, test } from 'vitest'
import type { Db } from '../src/db/db.ts'
import { raw, sql } from '../src/db/sql.ts'
import type { SimulatedDevice } from '../src/simulate/simulated-device.ts'
import { cloneDatabase } from './support/clone-database.ts'
import { deploy, poll, reportAll, statistics } from './support/deploy.ts'
import { makeFleet } from './support/device.ts'
import { run } from './support/run-statement.ts'
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
  const { db } = server.env
  const away = new Set(await devicesOfFirstWorker(server, ids))
  expect(away.size).toBeGreaterThan(0)
  expect(away.size).toBeLessThan(ids.length)
  const id = await deploy(tenant.api, { devices: ids })
  const isAway = (device: SimulatedDevice) => away.has(device.id)
  // Nothing listens there.
  const [node] = await db.query<{ nodeid: number; nodename: string; nodeport: number }>(sql`
    select nodeid, nodename, nodeport from pg_dist_node where groupid = (
      select min(groupid) from pg_dist_node where shouldhaveshards)`)
  await moveNode(server, node!.nodeid, '127.0.0.1', 9)
  const offers = await Promise.all(devices.map((device) => poll(device)))
  expect(offers.map(({ status }) => status)).toEqual(devices.map((device) => (isAway(device) ? 503 : 200)))
  const reports = await Promise.all(devices.map((device) => device.report(id, 'downloading')))
  expect(reports.map(({ status }) => status)).toEqual(devices.map((device) => (isAway(device) ? 503 : 204)))

  await moveNode(server, node!.nodeid, node!.nodename, node!.nodeport)
  await expect.poll(async () => (await poll(devices.find(isAway)!)).status).toBe(200)
  for (const device of devices.filter(isAway)) expect((await poll(device)).status).toBe(200)
  for (const status of STEPS) await reportAll(devices, id, status)
  expect(await statistics(tenant.api, id)).toEqual({ success: ids.length })
}, 60_000)

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
