import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { bounded } from '../src/client/bounded.ts'
import type { Db } from '../src/db/db.ts'
import { openPool } from '../src/db/pool.ts'
import { sql } from '../src/db/sql.ts'
import type { StoredTrip } from '../src/deployments/progress.ts'
import { uploadTestArtifact } from './support/artifact.ts'
import { useClockedPair } from './support/clocked-pair.ts'
import { cloneDatabase } from './support/clone-database.ts'
import { deploy, poll, reportAll, show } from './support/deploy.ts'
import { expectCountersToEqualRows } from './support/recount.ts'
import { isFull } from './support/sample.ts'
import { startServer, type TestServer } from './support/server.ts'
import { startProcess } from './support/server-process.ts'
import { makeTwins, type Twin } from './support/twins.ts'

const MINUTE = 60_000
const TIMEOUT = { timeout_minutes: 30 }

/** More than the interval at which a server looks for silent devices. */
const LOOKED_WITHIN_MS = 25_000

const tripOf = async (db: Db, id: string) =>
  (
    await db.first<{ trip: StoredTrip | null }>(sql`
    select trip from deployment_progress where deployment_id = ${id}`)
  )?.trip

const tripsOf = async (db: Db, id: string) =>
  (
    await db.query<{ actor: object; change: string }>(sql`
      select actor, change from events where object_id = ${id} and action = 'trip' order by time`)
  ).map(({ change }) => change)

const untilTripped = (db: Db, id: string) =>
  expect.poll(() => tripOf(db, id), { timeout: LOOKED_WITHIN_MS, interval: 200 }).not.toBeNull()

async function fleetOf(server: TestServer, urls: [string, string], devices: number) {
  const fleet = await makeTwins(server, { urls }, devices)
  await uploadTestArtifact(fleet.tenant.api, { name: 'release-0' })
  return fleet
}

describe('if every device goes silent', () => {
  const pair = useClockedPair({ supervises: true })
  const db = () => pair.servers[0].env.db
  const now_ms = () => pair.servers[0].env.now().getTime()

  async function silentFleet(devices: number, policy: Record<string, unknown>, more: Record<string, unknown> = {}) {
    const { tenant, filter_id, twins } = await fleetOf(pair.servers[0], pair.urls, devices)
    const id = await deploy(tenant.api, { filter_id, failure_policy: { ...TIMEOUT, ...policy }, ...more })
    for (const [device] of twins) expect(await poll(device!)).toMatchObject({ status: 200 })
    return { id, tenant, twins, ends_ms: now_ms() + TIMEOUT.timeout_minutes * MINUTE }
  }

  test('the policy trips within a minute of the time-out, once, with the devices that timed out', async () => {
    const { id, tenant, ends_ms } = await silentFleet(12, { max_failures: 3 })
    pair.advance(ends_ms - now_ms())
    await untilTripped(db(), id)
    const trip = await tripOf(db(), id)
    expect(trip).toMatchObject({ code: 'max_failures', action: 'pause', failed: 3, timed_out: 3, limit: 3 })
    expect(Date.parse(trip!.at) - ends_ms).toBeLessThan(MINUTE)
    await expect.poll(async () => (await show(tenant.api, id)).rollout.timed_out).toBe(12)
    expect(await tripsOf(db(), id)).toHaveLength(1)
    expect((await show(tenant.api, id)).rollout).toMatchObject({ state: 'paused', in_flight: 0 })
  })

  test('not before: while one minute is left nothing has timed out', async () => {
    const { id, ends_ms } = await silentFleet(3, { max_failures: 1 })
    pair.advance(ends_ms - MINUTE - now_ms())
    for (const server of pair.servers) await server.supervise()
    expect(await tripOf(db(), id)).toBeNull()
  })

  test('a rollback is created that they get once they are heard from', async () => {
    const { id, tenant, twins } = await silentFleet(6, {
      ...{ max_failures: 2, action: 'rollback', rollback_artifact_name: 'release-0' },
    })
    pair.advance(TIMEOUT.timeout_minutes * MINUTE)
    await untilTripped(db(), id)
    const { rolled_back_by, status } = await show(tenant.api, id)
    expect(status).toBe('finished')
    expect(await show(tenant.api, rolled_back_by)).toMatchObject({ rollback_of: id, initial_device_count: 6 })
    for (const [device] of twins) {
      expect(await poll(device!)).toMatchObject({ status: 200, body: { id: rolled_back_by } })
      expect(await device!.report(rolled_back_by, 'success')).toMatchObject({ status: 204 })
    }
    expect((await show(tenant.api, rolled_back_by)).status).toBe('finished')
    expect(await tripsOf(db(), id)).toHaveLength(1)
  })

  test('after their success, the policy trips within a minute of the time to confirm it', async () => {
    const { id, tenant, twins } = await silentFleet(5, { max_failures: 2 }, { confirm_within_minutes: 10 })
    await reportAll(
      twins.map(([device]) => device!),
      id,
      'success',
    )
    const ends_ms = now_ms() + 10 * MINUTE
    pair.advance(10 * MINUTE)
    await untilTripped(db(), id)
    const trip = await tripOf(db(), id)
    expect(trip).toMatchObject({ failed: 2, unconfirmed: 2, timed_out: 0 })
    expect(Date.parse(trip!.at) - ends_ms).toBeLessThan(MINUTE)
    await expect.poll(async () => (await show(tenant.api, id)).rollout.unconfirmed_in_time).toBe(5)
  })

  const ROUNDS = isFull ? 100 : 10
  test(`of two servers that look at the same time one trips the policy, in ${ROUNDS} rounds`, async () => {
    const { tenant, filter_id, twins } = await fleetOf(pair.servers[0], pair.urls, 10)
    const failure_policy = { ...TIMEOUT, max_failures: 4, action: 'rollback', rollback_artifact_name: 'release-0' }
    for (let round = 0; round < ROUNDS; round++) {
      const id = await deploy(tenant.api, { filter_id, failure_policy })
      await bounded(10, twins, ([device]) => poll(device!))
      pair.advance(TIMEOUT.timeout_minutes * MINUTE)
      await Promise.all([
        ...pair.servers.map((server) => server.supervise()),
        // Some are heard from at this very moment.
        ...twins.slice(0, round % 7).map((twin, i) => twin[i % 2]!.report(id, i % 3 === 0 ? 'failure' : 'success')),
      ])
      expect(await tripsOf(db(), id)).toHaveLength(1)
      const rollbacks = await db().query<{ id: string }>(sql`
        select id from deployments where rollback_of = ${id}`)
      expect(rollbacks).toEqual([{ id: (await show(tenant.api, id)).rolled_back_by }])
      await finishRollback(rollbacks[0]!.id, twins)
      expect((await show(tenant.api, rollbacks[0]!.id)).status).toBe('finished')
    }
  }, 600_000)

  const finishRollback = (id: string, twins: readonly Twin[]) =>
    bounded(10, twins, async ([device]) => {
      await poll(device!)
      await device!.report(id, 'success')
    })
})

describe('if the time-out passes while no server runs', () => {
  /** A deployment whose devices have an offer. The server that made it has ended. */
  async function silence(devices: number) {
    const database = await cloneDatabase()
    const data_dir = await mkdtemp(join(tmpdir(), 'muster-silence-'))
    const db = openPool(database.url, 2)
    onTestFinished(async () => {
      await db.close()
      await database.drop()
      await rm(data_dir, { recursive: true, force: true })
    })
    await using server = await startServer({ database_url: database.url, data_dir })
    const { tenant, filter_id, twins } = await fleetOf(server, [server.url, server.url], devices)
    const failure_policy = { ...TIMEOUT, max_failures: 3, action: 'rollback', rollback_artifact_name: 'release-0' }
    const id = await deploy(tenant.api, { filter_id, failure_policy })
    for (const [device] of twins) expect(await poll(device!)).toMatchObject({ status: 200 })
    return { id, db, environment: { DATABASE_URL: database.url, MUSTER_DATA_DIR: data_dir } }
  }

  /** As if so much time had passed. */
  const pass = (db: Db) => {
    const deadline = new Date(Date.now() - 60_000)
    return db.query(sql`update device_deployments set deadline = ${deadline} where deadline is not null`)
  }

  const expectOneRollback = async (db: Db, id: string) => {
    expect(await tripsOf(db, id)).toHaveLength(1)
    expect(
      await db.query(sql`
        select d.rollback_of, p.rolled_back_by is not distinct from d.id as is_linked from deployments d
          join deployment_progress p on p.deployment_id = d.rollback_of`),
    ).toEqual([{ rollback_of: id, is_linked: true }])
    await expectCountersToEqualRows(db)
  }

  test('the policy trips once, although two servers start at the same time', async () => {
    const { id, db, environment } = await silence(8)
    await pass(db)
    const servers = await Promise.all([startProcess(environment), startProcess(environment)])
    onTestFinished(async () => void (await Promise.all(servers.map((one) => one.stop()))))
    await untilTripped(db, id)
    await expectOneRollback(db, id)
  })

  test('the policy trips once, although servers are killed while they look', async () => {
    const { id, db, environment } = await silence(3)
    await addSilent(db, id, MANY)
    await pass(db)
    const overdue = async () =>
      (await db.first<{ n: number }>(sql`select count(*) as n from device_deployments where deadline is not null`))!.n
    let left = await overdue()
    for (let kills = 0; kills < 20 && left > 0; kills++) {
      const server = await startProcess(environment)
      await expect.poll(overdue, { timeout: LOOKED_WITHIN_MS, interval: 5 }).toBeLessThan(left)
      await server.kill()
      left = await overdue()
      await expectCountersToEqualRows(db)
      await expectOneRollback(db, id)
    }
    expect(left).toBe(0)
  }, 540_000)

  const MANY = isFull ? 4000 : 2000

  /** As if many more devices had an offer. */
  async function addSilent(db: Db, id: string, devices: number) {
    await db.query(sql`
      insert into devices select (jsonb_populate_record(null::devices, to_jsonb(one) || jsonb_build_object(
        'id', 'more-' || n, 'identity_sha256', 'more-' || n))).*
      from (select * from devices limit 1) as one, generate_series(1, ${devices}::int) as n`)
    await db.query(sql`
      insert into device_deployments (tenant_id, device_id, id, deployment_id, deployment_created, status, created,
        attempt_begun, attempt_since, artifact_id, image, deadline)
      select tenant_id, 'more-' || n, gen_random_uuid()::text, deployment_id, deployment_created, status, created,
        attempt_begun, attempt_since, artifact_id, image, deadline
      from (select * from device_deployments where deployment_id = ${id} limit 1) as one, generate_series(1, ${devices}::int) as n`)
    await db.query(sql`
      update deployment_progress set device_count = device_count + ${devices}, pending = pending + ${devices},
        total_size = total_size / device_count * (device_count + ${devices})
      where deployment_id = ${id}`)
  }
})
