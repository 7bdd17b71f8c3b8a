import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { logIn } from '../src/client/manager.ts'
import { type Api, openApi } from './support/api.ts'
import { cloneDatabase } from './support/clone-database.ts'
import { type RunningServer, startMuster } from './support/command.ts'
import { USERADM } from './support/users.ts'

const LOGIN = { email: 'admin@example.com', password: 'administrator' }
const EVENTS = '/api/management/v2/deployments/events'

let server: RunningServer
let database: Awaited<ReturnType<typeof cloneDatabase>>
let data_dir: string
let api: Api
beforeAll(async () => {
  database = await cloneDatabase()
  data_dir = await mkdtemp(join(tmpdir(), 'muster-gone-'))
  server = await startMuster({
    ...{ MUSTER_DATA_DIR: data_dir, DATABASE_URL: database.url, MUSTER_LOG_LEVEL: 'info' },
    ...{ MUSTER_ADMIN_PASSWORD: LOGIN.password, MUSTER_METRICS_PORT: '0' },
  })
  api = openApi(server.url, await logIn(server, LOGIN))
})
afterAll(async () => {
  await server.kill('SIGTERM')
  await database.drop()
  await rm(data_dir, { recursive: true, force: true })
})

/** Sends a request and closes the connection before the response. */
async function giveUp(method: string, path: string, headers: Record<string, string>, body = '') {
  const { hostname, port } = new URL(server.url)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  const lines = Object.entries({ host: hostname, 'content-length': body.length, ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  )
  socket.end(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`)
  socket.resume().on('error', () => {})
}

const linesOf = (route: string) =>
  server
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))
    .filter((line) => line.route === route)

/** Locks the row of the user, which blocks all requests that open a session or create a token. */
async function whileUsersAreLocked(work: () => Promise<void>) {
  const client = new pg.Client(database.url)
  await client.connect()
  await client.query('begin; select 1 from users for update')
  await work()
  await client.query('commit')
  await client.end()
}

const tokens = async () => {
  const client = new pg.Client(database.url)
  await client.connect()
  const { rows } = await client.query('select count(*)::int as count from user_tokens')
  await client.end()
  return rows[0].count as number
}

async function metrics() {
  await expect.poll(() => server.output()).toMatch(/Metrics \S+/)
  return (await fetch(/Metrics (\S+)/.exec(server.output())?.[1] ?? '')).text()
}

test('logins that the client cancels are logged and counted as 499, and end no session of the user', async () => {
  const route = `${USERADM}/auth/login`
  const authorization = `Basic ${btoa(`${LOGIN.email}:${LOGIN.password}`)}`
  await whileUsersAreLocked(async () => {
    for (let i = 0; i < 11; i++) await giveUp('POST', route, { authorization })
    await expect.poll(() => linesOf(route).filter(({ status }) => status === 499).length).toBe(11)
  })
  // It waits for the lock of the user's row behind all of them.
  await logIn(server, LOGIN)
  expect(await tokens()).toBe(2)
  expect((await api.get(`${USERADM}/users/me`)).status).toBe(200)
  expect(
    linesOf(route)
      .map(({ status }) => status)
      .sort(),
  ).toEqual([200, 200, ...Array(11).fill(499)])
  expect(await metrics()).toMatch(/requests_total\{route="[^"]*auth\/login",method="POST",status="4xx"\} 11/)
})

test('a cancelled sign-in with a cookie and a cancelled personal access token leave no rows behind', async () => {
  const before = await tokens()
  const json = { 'content-type': 'application/json' }
  const authorization = `Bearer ${api.token}`
  await whileUsersAreLocked(async () => {
    await giveUp('POST', `${USERADM}/auth/session`, json, JSON.stringify(LOGIN))
    await giveUp('POST', `${USERADM}/settings/tokens`, { ...json, authorization }, '{"name":"unseen","expires_in":0}')
    for (const route of ['auth/session', 'settings/tokens'])
      await expect.poll(() => linesOf(`${USERADM}/${route}`)).toMatchObject([{ status: 499 }])
  })
  const made = await api.post(`${USERADM}/settings/tokens`, { name: 'unseen', expires_in: 0 })
  expect([made.status, await tokens()]).toEqual([200, before + 1])
})

test('a response that the client cuts off keeps its status, and is logged once', async () => {
  const stop = new AbortController()
  const headers = { authorization: `Bearer ${api.token}` }
  const response = await fetch(`${server.url}${EVENTS}`, { headers, signal: stop.signal })
  expect(response.status).toBe(200)
  stop.abort()
  await expect.poll(() => linesOf(EVENTS)).toMatchObject([{ status: 200, cut_off: true }])
})
