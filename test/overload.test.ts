import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { raw, sql } from '../src/db/sql.ts'
import { AT_ONCE as AUTHENTICATING, MOST_WAITING } from '../src/http/device/authentication.ts'
import type { SimulatedDevice } from '../src/simulate/simulated-device.ts'
import { openApi } from './support/api.ts'
import { AUTH, ed25519, newIdentity, pem, signed } from './support/auth.ts'
import { poll } from './support/deploy.ts'
import { enrol } from './support/device.ts'
import { useServer } from './support/fixtures.ts'
import { sendRaw } from './support/raw.ts'
import type { TestTenant } from './support/server.ts'
import { USERADM } from './support/users.ts'

const NEXT = '/api/devices/v1/deployments/device/deployments/next'
const DEVICES = '/api/management/v1/inventory/devices'
const NOWHERE = '00000000-0000-4000-8000-000000000000'
/** The number of polls that a process has in flight; others wait in the admission queue. */
const ROOM = 1000
const AT_ONCE = 100
const REFUSAL = 'The server has too much to do just now: try again later.'
const SOME_TIME = { timeout: 90_000 }

const server = useServer({ environment: { MUSTER_METRICS_PORT: '0', MUSTER_DATABASE_TIMEOUT_S: '300' } })

async function metric(name: string): Promise<number> {
  const text = await (await fetch(server.metrics_url ?? '')).text()
  const line = text.split('\n').find((one) => one.startsWith(`${name} `))
  return Number(line?.slice(name.length + 1) ?? 0)
}
const waiting = () => metric('muster_device_requests_in_flight')

const pollText = (token = '') =>
  `GET ${NEXT}?artifact_name=a&device_type=b HTTP/1.1\r\nHost: muster\r\nAuthorization: Bearer ${token}\r\n\r\n`

async function speakTo(text: string): Promise<Socket> {
  const { hostname, port } = new URL(server.url)
  const socket = connect(Number(port), hostname).on('error', () => {})
  await once(socket, 'connect')
  socket.write(text)
  return socket.resume()
}

/** `n` polls over one connection each, pending while the database is blocked. */
const holdPolls = (n: number, token: string | undefined) => hold(n, pollText(token))

async function hold(n: number, text: string): Promise<Socket[]> {
  const sockets: Socket[] = []
  while (sockets.length < n) {
    const more = Math.min(AT_ONCE, n - sockets.length)
    sockets.push(...(await Promise.all(Array.from({ length: more }, () => speakTo(text)))))
  }
  return sockets
}

const leave = (sockets: readonly Socket[]) => {
  for (const socket of sockets) socket.destroy()
}

/** Locks tables, by default those that polls read, so that requests that read them wait. */
const whileLocked = <Result>(
  work: () => Promise<Result>,
  tables = 'invalidations, device_deployments',
): Promise<Result> =>
  server.env.db.transaction(async (tx) => {
    await tx.query(sql`lock table ${raw(tables)} in access exclusive mode`)
    return work()
  })

async function oneDevice(): Promise<{ tenant: TestTenant; device: SimulatedDevice }> {
  const tenant = await server.tenant()
  const [device] = await enrol(server, tenant, 1)
  expect((await poll(device!)).status).toBe(204)
  return { tenant, device: device! }
}

test('polls above max queued are refused with Retry-After, users are not, and later polls are not either', async () => {
  const { tenant, device } = await oneDevice()
  const route = `muster_http_requests_total{route="${NEXT}",method="POST",status="4xx"}`
  const before = await metric(route)
  await whileLocked(async () => {
    const sockets = await holdPolls(ROOM, device.token)
    await expect.poll(waiting, SOME_TIME).toBe(ROOM)
    const refused = await poll(device)
    expect(refused).toMatchObject({
      status: 429,
      body: { error: REFUSAL, code: 'overloaded', request_id: expect.any(String) },
    })
    expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(30)
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(61)

    // With a body that the server does not read, over a connection that is reused.
    const headers = { authorization: `Bearer ${device.token}`, 'x-men-requestid': 'an"id' }
    const body = JSON.stringify({ artifact_name: 'a', device_type: 'b', more: 'x'.repeat(100_000) })
    const posts = ['first', 'second'].map(() => sendRaw(server.url, { method: 'POST', path: NEXT, headers, body }))
    for (const response of await Promise.all(posts))
      expect(response).toMatchObject({
        status: 429,
        headers: { 'x-men-requestid': 'an"id', 'content-type': 'application/json' },
        body: { error: REFUSAL, code: 'overloaded', request_id: 'an"id' },
      })
    expect((await metric(route)) - before).toBe(2)
    expect(await metric('muster_requests_shed_total{rank="polls"}')).toBe(3)
    expect((await tenant.api.get(DEVICES)).status).toBe(200)

    // Clients that disconnect before the response free their slots.
    leave(sockets)
    await expect.poll(waiting, SOME_TIME).toBe(0)
  })
  await expect.poll(async () => (await poll(device)).status, SOME_TIME).toBe(204)
})

test('while polls are refused, reports, health checks and downloads are not', async () => {
  const { device } = await oneDevice()
  const report = await whileLocked(async () => {
    const sockets = await holdPolls(ROOM, device.token)
    await expect.poll(waiting, SOME_TIME).toBe(ROOM)
    const reporting = device.report(NOWHERE, 'success')
    expect((await poll(device)).status).toBe(429)
    for (const path of ['/health', '/ready']) expect((await fetch(server.url + path)).status).toBeLessThan(300)
    const link = '/api/devices/v1/deployments/artifacts/no/such/file'
    expect((await fetch(server.url + link)).status).toBe(403)
    leave(sockets)
    return { reporting }
  })
  expect((await report.reporting).status).toBe(404)
})

test('a poll in the admission queue is processed when there is capacity', async () => {
  const { device } = await oneDevice()
  const { sockets, polling } = await whileLocked(async () => {
    const sockets = await holdPolls(ROOM, device.token)
    await expect.poll(waiting, SOME_TIME).toBe(ROOM)
    const polling = poll(device)
    await expect.poll(waiting, SOME_TIME).toBe(ROOM + 1)
    sockets[0]?.destroy()
    await expect.poll(waiting, SOME_TIME).toBe(ROOM)
    return { sockets, polling }
  })
  expect((await polling).status).toBe(204)
  leave(sockets)
})

test('pipelined polls on a broken connection leave no trace', async () => {
  const { device } = await oneDevice()
  await whileLocked(async () => {
    const socket = await speakTo(pollText(device.token).repeat(20))
    await expect.poll(waiting, SOME_TIME).toBe(20)
    socket.destroy()
    await expect.poll(waiting, SOME_TIME).toBe(0)
  })
})

test('pipelined polls in the admission queue of a broken connection leave no trace', async () => {
  const { device } = await oneDevice()
  await whileLocked(async () => {
    const sockets = await holdPolls(ROOM, device.token)
    await expect.poll(waiting, SOME_TIME).toBe(ROOM)
    const socket = await speakTo(pollText(device.token).repeat(20))
    await expect.poll(waiting, SOME_TIME).toBe(ROOM + 20)
    socket.destroy()
    await once(socket, 'close')
    // By then the server has noticed the disconnect.
    await fetch(`${server.url}/health`)
    leave(sockets)
    await expect.poll(waiting, SOME_TIME).toBe(0)
  })
})

test('auth requests of devices wait for each other, do not delay users, and are refused above max queued', async () => {
  const { tenant } = await oneDevice()
  const keys = ed25519()
  const { tenant_token } = tenant
  const body = JSON.stringify({ id_data: JSON.stringify(newIdentity()), pubkey: pem(keys), tenant_token })
  const signature = signed(keys, body)
  const request = {
    method: 'POST',
    path: AUTH,
    headers: { 'x-men-signature': signature, 'content-type': 'application/json' },
    body,
  }
  const head = [
    `POST ${AUTH} HTTP/1.1`,
    'Host: muster',
    `X-MEN-Signature: ${signature}`,
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
  ]
  expect((await sendRaw(server.url, request)).status).toBe(401)
  const shed = await metric('muster_requests_shed_total{rank="devices"}')
  await whileLocked(async () => {
    const sockets = await hold(AUTHENTICATING + MOST_WAITING, `${head.join('\r\n')}\r\n\r\n${body}`)
    await expect.poll(waiting, { timeout: 120_000, interval: 500 }).toBe(AUTHENTICATING + MOST_WAITING)
    // They have arrived; when this returns, their bodies are read and they are queued.
    for (let i = 0; i < 100; i++) await fetch(`${server.url}/health`)
    const refused = await sendRaw(server.url, request)
    expect(refused).toMatchObject({ status: 429, body: { error: REFUSAL } })
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
    expect(await metric('muster_requests_shed_total{rank="devices"}')).toBe(shed + 1)
    for (let i = 0; i < 20; i++) expect((await tenant.api.get(`${USERADM}/users/me`)).status).toBe(200)
    const login = { authorization: `Basic ${btoa(`${tenant.email}:${tenant.password}`)}` }
    expect((await openApi(server.url).post(`${USERADM}/auth/login`, undefined, login)).status).toBe(200)
    leave(sockets)
    await expect.poll(waiting, SOME_TIME).toBe(0)
  }, 'auth_sets')
  // Requests whose clients have disconnected leave the queue when it is their turn.
  await expect.poll(async () => (await sendRaw(server.url, request)).status, SOME_TIME).toBe(401)
})
