import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { get } from 'node:https'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { openApi } from './support/api.ts'
import { cloneDatabase } from './support/clone-database.ts'
import { inventoryTerm } from './support/deploy.ts'
import { listen, synced } from './support/events.ts'
import { rare } from './support/sample.ts'
import { type ServerProcess, startProcess } from './support/server-process.ts'
import { isRunning, workersOf } from './support/worker-processes.ts'

const LOGIN = '/api/management/v1/useradm/auth/login'
const USERS = '/api/management/v1/useradm/users'
const FILTERS = '/api/management/v2/inventory/filters'
const JSON_BODY = { 'content-type': 'application/json' }
const ADMINISTRATOR = { authorization: `Basic ${btoa('admin@example.com:administrator')}` }

// These tests start many processes.
vi.setConfig({ testTimeout: 270_000 })

let database: Awaited<ReturnType<typeof cloneDatabase>>
let data_dir: string
let server: ServerProcess
beforeAll(async () => {
  database = await cloneDatabase()
  data_dir = await mkdtemp(join(tmpdir(), 'muster-workers-'))
  server = await startWorkers(3)
})
afterAll(async () => {
  await server.kill()
  await database.drop()
  await rm(data_dir, { recursive: true, force: true })
})

const startWorkers = (workers: number, more: Record<string, string> = {}) =>
  startProcess({ MUSTER_WORKERS: `${workers}`, DATABASE_URL: database.url, MUSTER_DATA_DIR: data_dir, ...more })

async function until(what: () => Promise<boolean>) {
  for (const deadline = Date.now() + 45_000; !(await what()); ) {
    if (Date.now() > deadline) throw new Error('timed out')
    await new Promise((wake) => setTimeout(wake, 50))
  }
}

async function logIn({ url } = server) {
  const { text } = await openApi(url).post(LOGIN, '', ADMINISTRATOR)
  return openApi(url, text)
}

test('three processes serve one port, and each sees at once what another acknowledged', async () => {
  expect(await workersOf(server.pid)).toHaveLength(3)
  const api = await logIn()
  for (let i = 0; i < 20; i++) {
    // A separate connection for each call, so that the next process accepts it.
    const made = await api.post(
      FILTERS,
      { name: `filter ${i}`, terms: [inventoryTerm('foo', i)] },
      { connection: 'close' },
    )
    expect(made.status).toBe(201)
    const { body } = await api.get(`${FILTERS}?per_page=100`, { connection: 'close' })
    expect(body).toHaveLength(i + 1)
  }
})

test('a worker that dies is replaced, while the others continue', async () => {
  const before = await workersOf(server.pid)
  const victim = before[0] ?? 0
  process.kill(victim, 'SIGKILL')
  await until(async () => !(await isRunning(victim)))
  for (let i = 0; i < 6; i++) expect((await logIn()).token).toMatch(/^ey/)
  await until(async () => (await workersOf(server.pid)).length === 3)
  expect((await workersOf(server.pid)).filter((pid) => before.includes(pid))).toHaveLength(2)
})

test('kill -9 of the primary process ends all workers, and the next start serves again', async () => {
  const workers = await workersOf(server.pid)
  await server.kill()
  await until(async () => (await Promise.all(workers.map(isRunning))).every((running) => !running))
  server = await startWorkers(2)
  expect((await logIn()).token).toMatch(/^ey/)
})

test('a shutdown ends event streams gracefully in every worker', async () => {
  const api = await logIn()
  const streams = await Promise.all([1, 2, 3, 4].map(() => listen(api)))
  await Promise.all(streams.map((events) => synced(events)))
  expect(await server.stop()).toBe(0)
  expect(await Promise.all(streams.map(({ ended }) => ended))).toEqual([true, true, true, true])
})

test('a signal to all processes at once, as of Ctrl-C, lets each finish the requests in flight', async () => {
  const stopping = await startWorkers(2)
  const workers = await workersOf(stopping.pid)
  const body = '{}'
  const login = request(`${stopping.url}${LOGIN}`, {
    ...{ method: 'POST', agent: false },
    headers: { ...ADMINISTRATOR, ...JSON_BODY, 'content-length': body.length, expect: '100-continue' },
  })
  login.flushHeaders()
  // The process has read the head of the request.
  await once(login, 'continue')
  for (const pid of workers) process.kill(pid, 'SIGINT')
  process.kill(stopping.pid, 'SIGINT')
  login.end(body)
  const [response] = await once(login, 'response')
  expect(response.resume().statusCode).toBe(200)
  expect(await stopping.ended).toBe(0)
})

test('a port in use is reported once with a message, as by a single process', async () => {
  const taken = createServer()
  await new Promise<void>((listening) => taken.listen(0, '127.0.0.1', listening))
  const { port } = taken.address() as { port: number }
  const message = await startWorkers(2, { MUSTER_PORT: `${port}` }).catch(({ message }) => message)
  taken.close()
  expect(message).toBe(
    `The server ended at its start with 1: Cannot listen on 127.0.0.1:${port}: the port is in use. ` +
      'Stop the program that uses it, or choose another port with MUSTER_PORT.\n',
  )
})

test('an unreadable certificate is reported with a message; with a valid one every worker serves https', async () => {
  const [cert, key] = [join(data_dir, 'server.crt'), join(data_dir, 'server.key')]
  const files = { MUSTER_TLS_CERT: cert, MUSTER_TLS_KEY: key }
  await expect(startWorkers(2, files)).rejects.toThrow(/with 1: ENOENT: .*Check the paths in the configuration\.\n$/)
  const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=localhost']
  await promisify(execFile)('openssl', ['req', '-x509', ...made, '-keyout', key, '-out', cert])
  const secure = await startWorkers(2, files)
  expect(secure.url).toMatch(/^https:/)
  for (let i = 0; i < 4; i++) {
    const status = await new Promise((resolve, reject) => {
      const options = { agent: false, rejectUnauthorized: false } as const
      get(`${secure.url}/health`, options, (response) => resolve(response.resume().statusCode)).on('error', reject)
    })
    expect(status).toBe(200)
  }
  expect(await secure.stop()).toBe(0)
})

rare('a worker that dies again and again is replaced with increasing delays', async () => {
  const other = await startWorkers(2)
  const began = performance.now()
  for (let i = 0; i < 3; i++) {
    const [first = 0] = (await workersOf(other.pid)).sort((a, b) => a - b)
    process.kill(first, 'SIGKILL')
    const victims = async () => (await workersOf(other.pid)).filter((pid) => pid !== first)
    await until(async () => (await victims()).length === 2)
  }
  // The oldest is killed each time, so both have died: after 1, 1 and 2 seconds.
  expect(performance.now() - began).toBeGreaterThan(4000)
  // Including one that is still starting.
  expect(await other.stop()).toBe(0)
})

test('after kill -9 of the primary process the next start takes over the embedded database', async () => {
  const own_dir = await mkdtemp(join(tmpdir(), 'muster-workers-own-'))
  const start = () => startWorkers(2, { DATABASE_URL: '', MUSTER_DATA_DIR: own_dir })
  const doomed = await start()
  const api = await logIn(doomed)
  const user = { email: 'kept@example.com', password: 'correct horse' }
  expect(await api.post(USERS, user)).toMatchObject({ status: 201 })
  await doomed.kill()
  const next = await start()
  const { body } = await (await logIn(next)).get(`${USERS}?email=${user.email}`)
  expect(body).toMatchObject([{ email: user.email }])
  expect(await next.stop()).toBe(0)
  await rm(own_dir, { recursive: true, force: true })
})
