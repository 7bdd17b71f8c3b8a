import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openEmbedded } from '../src/db/embedded/embedded.ts'
import { sql } from '../src/db/sql.ts'
import { openApi } from './support/api.ts'
import { uploadTestArtifact } from './support/artifact.ts'
import { deploy, inventoryTerm, poll, saveFilter, V1 } from './support/deploy.ts'
import { enrol } from './support/device.ts'
import { killPostmaster } from './support/killable-database.ts'
import { startServer } from './support/server.ts'
import { startProcess } from './support/server-process.ts'

const FILTERS = '/api/management/v2/inventory/filters'
const QUIET = { MUSTER_LOG_LEVEL: 'silent' }
const DEVICES = '/api/management/v1/inventory/devices'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'muster-loss-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

/** As the OOM killer does it. */
const killDatabase = () => killPostmaster(dir)

const seconds = (headers: Headers) => Number(headers.get('retry-after'))

describe('the loss of the database', () => {
  test('is reported at once to all clients, and the server reconnects when the database is back', async () => {
    const database = await openEmbedded(dir, { exclusive: false })
    const server = await startServer({ database_url: database.url, environment: QUIET })
    const tenant = await server.tenant()
    const devices = await enrol(server, tenant, 30)

    await killDatabase()
    // Its other processes end some moments after the first one.
    await expect.poll(async () => (await tenant.api.get(DEVICES)).status).toBe(503)
    const start = performance.now()
    const polls = await Promise.all(devices.map((device) => poll(device)))
    const lists = await Promise.all(devices.map(() => tenant.api.get(DEVICES)))
    expect(performance.now() - start).toBeLessThan(9000)
    expect(new Set([...polls, ...lists].map(({ status }) => status))).toEqual(new Set([503]))
    expect(lists[0]?.body.error).toBe('service unavailable')
    expect(seconds(lists[0]!.headers)).toBeGreaterThanOrEqual(5)
    expect((await openApi(server.url).get('/ready')).status).toBe(503)
    expect((await openApi(server.url).get('/health')).status).toBe(200)

    const again = await openEmbedded(dir, { exclusive: false })
    expect((await tenant.api.get(DEVICES)).status).toBe(200)
    expect((await poll(devices[0]!)).status).toBe(204)
    await server[Symbol.asyncDispose]()
    await again.stop()
  })

  test('leads to a restart by the server if the database is embedded, however often', async () => {
    const server = await startProcess({ MUSTER_DATA_DIR: dir })
    const api = openApi(server.url)
    const login = () =>
      api.post('/api/management/v1/useradm/auth/login', undefined, {
        authorization: `Basic ${btoa('admin@example.com:administrator')}`,
      })
    for (let kill = 1; kill <= 2; kill++) {
      expect((await login()).status).toBe(200)
      await killDatabase()
      await expect.poll(async () => (await login()).status, { timeout: 60_000 }).not.toBe(200)
      await expect.poll(async () => (await login()).status, { timeout: 60_000 }).toBe(200)
    }
    // It locks its directory again, and stops the database that it started.
    await expect(startProcess({ MUSTER_DATA_DIR: dir })).rejects.toThrow('Another Muster server is using')
    expect(await server.stop()).toBe(0)
    await expect(readFile(join(dir, 'postgres', 'postmaster.pid'))).rejects.toThrow('ENOENT')
  }, 360_000)
})

describe('a slow database', () => {
  test('leads to 503 if a statement, a lock or a connection takes too long', async () => {
    await using server = await startServer({ environment: { ...QUIET, MUSTER_DATABASE_TIMEOUT_S: '9' } })
    const { api } = await server.tenant()
    const filter_id = await saveFilter(api, inventoryTerm('foo', 'foo'))
    await server.env.db.query(sql`
      create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(120); return new; end $$`)
    await server.env.db.query(sql`create trigger slow before insert on filters for each row execute function slow()`)
    const busy = { error: 'The database is too busy just now: try again later.' }

    const slow = await timed(() => api.post(FILTERS, { name: 'slow', terms: [inventoryTerm('foo', 'foo')] }))
    expect(slow).toMatchObject({ status: 503, body: busy })
    expect(slow.ms).toBeLessThan(60_000)
    expect(seconds(slow.headers)).toBeGreaterThanOrEqual(5)

    // All connections are busy: requests without one fail after a third of the time, before the statements do.
    let answered = 0
    const many = Array.from({ length: 20 }, (_, i) =>
      api.post(FILTERS, { name: `${i}`, terms: [inventoryTerm('a', 'a')] }).finally(() => answered++),
    )
    await expect.poll(() => api.get(FILTERS), { interval: 100 }).toMatchObject({ status: 503, body: busy })
    const answered_before = answered
    expect((await Promise.all(many)).map(({ status }) => status)).toEqual(many.map(() => 503))
    expect(answered_before).toBeLessThan(many.length)

    const locked = await server.env.db.transaction(async (tx) => {
      await tx.query(sql`select 1 from filters for update`)
      return timed(() => api.delete(`${FILTERS}/${filter_id}`))
    })
    expect(locked).toMatchObject({ status: 503, body: busy })
    expect(locked.ms).toBeLessThan(9000)
    expect(await api.delete(`${FILTERS}/${filter_id}`)).toMatchObject({ status: 204 })
  })

  test('leads to 503 also if other statements were queued behind the one that waited', async () => {
    await using server = await startServer({ environment: { ...QUIET, MUSTER_DATABASE_TIMEOUT_S: '9' } })
    const { api, tenant_id } = await server.tenant()
    await uploadTestArtifact(api, { name: 'release-1' })
    const id = await deploy(api, { filter_id: await saveFilter(api, inventoryTerm('foo', 'foo')) })
    const abort = () => api.put(`${V1}/${id}/status`, { status: 'aborted' })
    const locked = await server.env.db.transaction(async (tx) => {
      await tx.query(sql`select 1 from tenants where tenant_id = ${tenant_id} for update`)
      return abort()
    })
    expect(locked).toMatchObject({ status: 503 })
    expect(await abort()).toMatchObject({ status: 204 })
  })
})

async function timed<Answer extends object>(call: () => Promise<Answer>) {
  const start = performance.now()
  return { ...(await call()), ms: performance.now() - start }
}
