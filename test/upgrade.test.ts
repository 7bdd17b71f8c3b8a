import { randomUUID } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, inject, test } from 'vitest'
import { distribute } from '../src/db/citus/distribute.ts'
import type { Database } from '../src/db/db.ts'
import { migrate } from '../src/db/migrate.ts'
import { openPool } from '../src/db/pool.ts'
import { sql } from '../src/db/sql.ts'
import { type Api, openApi } from './support/api.ts'
import { catalogOf } from './support/catalog.ts'
import { createCluster, dropEverywhere } from './support/citus.ts'
import { cloneDatabase } from './support/clone-database.ts'
import { abort, deploy, poll, show, V1 } from './support/deploy.ts'
import { authenticateKnown } from './support/known-device.ts'
import { expectCountersToEqualRows } from './support/recount.ts'
import { runHere } from './support/run-here.ts'
import { databaseUrl, run } from './support/run-statement.ts'
import { startServer } from './support/server.ts'

const FIXTURES = join(import.meta.dirname, 'fixtures')
const USERADM = '/api/management/v1/useradm'

let fresh: Record<string, string[]>
beforeAll(async () => {
  const database = await cloneDatabase()
  const db = openPool(database.url, 1)
  fresh = await catalogOf(db)
  await db.close()
  await database.drop()
})

/** A database as an older version of Muster left it. */
async function openOld(name: string) {
  const empty = await openEmpty()
  await run(empty.url, await readFile(join(FIXTURES, 'databases', `${name}.sql`), 'utf8'))
  return empty
}

async function openEmpty() {
  const [database_url, nodes] = [inject('database_url'), inject('citus_nodes')]
  const database = `t_${randomUUID().replaceAll('-', '')}`
  await (nodes.length > 0 ? createCluster(nodes, database) : run(database_url, `create database ${database}`))
  const url = databaseUrl(database_url, database)
  const db = openPool(url, 8)
  const close = async () => {
    await db.close()
    await dropEverywhere(nodes.length > 0 ? nodes : [database_url], database)
  }
  return { url, db, [Symbol.asyncDispose]: close }
}

/** On a cluster `muster distribute` follows `muster migrate` and `muster restore`, before a server starts. */
async function distributeIfCluster(db: Database): Promise<void> {
  if (inject('citus_nodes').length === 0) return
  await migrate(db)
  await distribute(db, inject('shards'))
}

/** The PostgreSQL process that waits for the lock of a table. */
async function untilOneWaits(db: Database): Promise<number> {
  for (;;) {
    const waiting = await db.first<{ pid: number }>(sql`
      select pid from pg_stat_activity where datname = current_database() and wait_event = 'relation'`)
    if (waiting) return waiting.pid
    await new Promise((wake) => setTimeout(wake, 20))
  }
}

async function logIn(url: string): Promise<Api> {
  const login = await openApi(url).post(`${USERADM}/auth/login`, undefined, {
    authorization: `Basic ${btoa('admin@example.com:administrator')}`,
  })
  expect(login.status).toBe(200)
  return openApi(url, login.text)
}

describe.each(['first', 'first-edited'])('a database of the schema "%s"', (name) => {
  test('gets the schema of a new database, and counters that equal a recount', async () => {
    await using old = await openOld(name)
    expect(await migrate(old.db)).toContain('0002-progress-in-detail.sql')
    await distributeIfCluster(old.db)
    expect(await catalogOf(old.db)).toEqual(fresh)
    await expectCountersToEqualRows(old.db)
    const progress = await old.db.query(sql`
      select name, last_activity is not null and last_activity <= coalesce(finished, last_activity) as had_activity,
        was_aborted, history
      from deployment_progress join deployments on id = deployment_id order by created`)
    const kept = { had_activity: true, was_aborted: false, history: 'kept' }
    expect(progress).toEqual([
      { ...kept, name: 'finished' },
      { ...kept, name: 'aborted', was_aborted: true },
      { ...kept, name: 'cut off', was_aborted: true },
      { ...kept, name: 'listed' },
      { ...kept, name: 'phased' },
    ])
  })

  test('is upgraded once by several concurrent processes, and not again', async () => {
    await using old = await openOld(name)
    const done = await Promise.all([migrate(old.db), migrate(old.db), migrate(old.db)])
    expect(done.filter((migrations) => migrations.length > 0)).toHaveLength(1)
    expect(await migrate(old.db)).toEqual([])
  })

  test('is unchanged if an upgrade is interrupted, and can be upgraded again', async () => {
    await using old = await openOld(name)
    const before = await catalogOf(old.db)
    await old.db.transaction(async (tx) => {
      await tx.query(sql`lock table deployment_phases`)
      const upgrading = migrate(old.db)
      upgrading.catch(() => {})
      await old.db.query(sql`select pg_terminate_backend(${await untilOneWaits(old.db)}::int)`)
      await expect(upgrading).rejects.toThrow()
    })
    expect(await catalogOf(old.db)).toEqual(before)
    expect((await migrate(old.db)).length).toBeGreaterThan(0)
    await distributeIfCluster(old.db)
    expect(await catalogOf(old.db)).toEqual(fresh)
  })

  test('works: devices continue where they were, and users see the history', async () => {
    await using old = await openOld(name)
    await distributeIfCluster(old.db)
    await using server = await startServer({ database_url: old.url })
    await expectToGoOn(server.url)
    await expectCountersToEqualRows(old.db)
  })
})

test('users without a role get the one that matches their rights; custom roles keep their permissions', async () => {
  await using old = await openOld('first')
  const north = { scope: { type: 'DeviceGroups', value: ['north'] } }
  const given = [
    { name: 'ReadReleases', scope: { type: 'ReleaseTags', value: ['stable'] } },
    { name: 'ConnectToDevices', ...north },
    { name: 'ConfigureDevices', ...north },
    { name: 'ReadDevices', scope: { type: 'DeviceGroups', value: ['south'] } },
  ]
  await old.db.query(sql`update roles set permission_sets_with_scope = ${JSON.stringify(given)}`)
  await old.db.query(sql`update users set roles = '{}' where email = 'admin@example.com'`)
  await migrate(old.db)
  const users = await old.db.query<{ email: string; roles: string[] }>(
    sql`select email, roles from users order by email`,
  )
  expect(users).toEqual([
    { email: 'admin@example.com', roles: ['RBAC_ROLE_PERMIT_ALL'] },
    { email: 'observer@example.com', roles: ['RBAC_ROLE_OBSERVER', 'keeper'] },
  ])
  const [role] = await old.db.query<{ sets: object[] }>(sql`select permission_sets_with_scope as sets from roles`)
  expect(role?.sets.slice(0, 4)).toEqual(given)
  const added = role?.sets.slice(4) ?? []
  expect(added).toHaveLength(3)
  expect(added).toEqual(
    expect.arrayContaining([
      { name: 'DownloadArtifacts', scope: { type: 'ReleaseTags', value: ['stable'] } },
      { name: 'ReadDevices', ...north },
      { name: 'ManageTokens' },
    ]),
  )
})

test('a backup of the schema "first-edited" is restored, with its artifacts', async () => {
  await using empty = await openEmpty()
  const data_dir = await mkdtemp(join(tmpdir(), 'muster-upgrade-'))
  const here = { DATABASE_URL: empty.url, MUSTER_DATA_DIR: data_dir }
  const backup = join(FIXTURES, 'backups', 'first-edited')
  expect(await runHere(['restore', backup], here)).toMatchObject({ code: 0 })
  await distributeIfCluster(empty.db)
  expect(await catalogOf(empty.db)).toEqual(fresh)
  await expectCountersToEqualRows(empty.db)
  const server = await startServer({ database_url: empty.url, data_dir })
  const { id, uri } = await expectToGoOn(server.url)
  const files = await readdir(join(backup, 'artifacts'), { recursive: true })
  const file = await readFile(join(backup, 'artifacts', files.find((name) => name.endsWith(id)) ?? ''))
  expect(Buffer.from(await (await fetch(uri)).arrayBuffer()).equals(file)).toBe(true)
  await expectCountersToEqualRows(empty.db)
  await server[Symbol.asyncDispose]()
  await rm(data_dir, { recursive: true })
})

/** Returns the artifact that is offered in a deployment of the old schema. */
async function expectToGoOn(url: string): Promise<{ id: string; uri: string }> {
  const api = await logIn(url)
  const { body } = await api.get(V1)
  const named = (name: string) => body.find((one: { name: string }) => one.name === name)
  expect(body.map(({ name, status }: Record<string, unknown>) => ({ name, status }))).toEqual([
    { name: 'phased', status: 'inprogress' },
    { name: 'listed', status: 'inprogress' },
    { name: 'cut off', status: 'finished' },
    { name: 'aborted', status: 'finished' },
    { name: 'finished', status: 'finished' },
  ])
  const phased = named('phased')
  const counted = { pending: 3, installing: 1, failure: 1, decommissioned: 1 }
  expect(phased.phases[0]).toMatchObject({ device_count: 6, statistics: { status: counted } })
  expect(named('aborted').phases[0].statistics.status).toMatchObject({ aborted: 5, success: 1, 'already-installed': 1 })
  expect((await api.get(`${V1}/${phased.id}/devices`)).body).toHaveLength(6)

  const { device } = await authenticateKnown(url, 4)
  const offer = await poll(device)
  expect(offer).toMatchObject({ status: 200, body: { id: phased.id } })
  expect(await device.report(phased.id, 'success')).toMatchObject({ status: 204 })
  expect((await show(api, phased.id)).phases[0].statistics.status).toMatchObject({
    ...counted,
    installing: 0,
    success: 1,
  })
  const nine = (await authenticateKnown(url, 9)).device
  expect(await poll(nine)).toMatchObject({ status: 200, body: { id: named('listed').id } })
  const twelve = (await authenticateKnown(url, 12)).device
  expect(await poll(twelve)).toMatchObject({ status: 204 })
  await abort(api, phased.id)
  expect((await show(api, phased.id)).phases[0].statistics.status).toMatchObject({ pending: 0, aborted: 3, success: 1 })
  const next = await deploy(api, { name: 'next', devices: [twelve.id] })
  expect(await poll(twelve)).toMatchObject({ status: 200, body: { id: next } })
  expect(await twelve.report(next, 'success')).toMatchObject({ status: 204 })
  expect(await show(api, next)).toMatchObject({ status: 'finished' })
  return { id: offer.body.artifact.id, uri: offer.body.artifact.source.uri }
}
