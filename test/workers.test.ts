import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openApi } from './support/api.ts'
import { cloneDatabase } from './support/server.ts'
import { type ServerProcess, startProcess } from './support/server-process.ts'

const LOGIN = '/api/management/v1/useradm/auth/login'
const USERS = '/api/management/v1/useradm/users'
const ADMINISTRATOR = { authorization: `Basic ${btoa('admin@example.com:administrator')}` }

let database: Awaited<ReturnType<typeof cloneDatabase>>
let data_dir: string
let server: ServerProcess
beforeAll(async () => {
  database = await cloneDatabase()
  data_dir = await mkdtemp(join(tmpdir(), 'muster-workers-'))
  server = await startProcess({ MUSTER_WORKERS: '3', DATABASE_URL: database.url, MUSTER_DATA_DIR: data_dir })
})
afterAll(async () => {
  await database.drop()
  await rm(data_dir, { recursive: true, force: true })
})

/** The processes that answer for a server. */
async function workersOf(keeper: number): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const found = await Promise.all(
    pids.map(async (pid) => {
      const [stat = '', command = ''] = await Promise.all(['stat', 'cmdline'].map((name) => readProc(pid, name)))
      return stat.split(') ')[1]?.split(' ')[1] === String(keeper) && command.includes('worker.')
    }),
  )
  return pids.filter((_, i) => found[i])
}

const readProc = (pid: number, name: string) => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '')

/** A zombie has ended: only its parent has not asked yet. */
const isRunning = async (pid: number) => {
  const stat = await readProc(pid, 'stat')
  return stat !== '' && !stat.split(') ')[1]?.startsWith('Z')
}

async function until(what: () => Promise<boolean>) {
  for (const deadline = Date.now() + 15_000; !(await what()); ) {
    if (Date.now() > deadline) throw new Error('it did not come to it')
    await new Promise((wake) => setTimeout(wake, 50))
  }
}

async function logIn() {
  const { text } = await openApi(server.url).post(LOGIN, '', ADMINISTRATOR)
  return openApi(server.url, text)
}

test('three processes answer on one port, and each sees at once what another acknowledged', async () => {
  expect(await workersOf(server.pid)).toHaveLength(3)
  const api = await logIn()
  for (let i = 0; i < 20; i++) {
    const email = `user-${i}@example.com`
    // A connection of its own for each call, so that the next process takes it.
    const made = await api.post(USERS, { email, password: 'correct horse' }, { connection: 'close' })
    expect(made.status).toBe(201)
    const { body } = await api.get(`${USERS}?email=${email}`, { connection: 'close' })
    expect(body).toMatchObject([{ email }])
  }
})

test('a process that dies is replaced, and the others go on meanwhile', async () => {
  const before = await workersOf(server.pid)
  const victim = before[0] ?? 0
  process.kill(victim, 'SIGKILL')
  await until(async () => !(await isRunning(victim)))
  for (let i = 0; i < 6; i++) expect((await logIn()).token).toMatch(/^ey/)
  await until(async () => (await workersOf(server.pid)).length === 3)
  expect((await workersOf(server.pid)).filter((pid) => before.includes(pid))).toHaveLength(2)
})

test('kill -9 of the one that keeps them ends them all; SIGTERM lets them end in order', async () => {
  const workers = await workersOf(server.pid)
  await server.kill()
  await until(async () => (await Promise.all(workers.map(isRunning))).every((running) => !running))
  server = await startProcess({ MUSTER_WORKERS: '2', DATABASE_URL: database.url, MUSTER_DATA_DIR: data_dir })
  expect((await logIn()).token).toMatch(/^ey/)
  expect(await server.stop()).toBe(0)
})
