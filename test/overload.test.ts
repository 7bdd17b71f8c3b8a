import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from '../src/db/sql.ts'
import { ask } from './support/deploy.ts'
import { enrol } from './support/device.ts'
import { startServer, type TestServer } from './support/server.ts'

const POLL = '/api/devices/v1/deployments/device/deployments/next?artifact_name=a&device_type=b'
const DEVICES = '/api/management/v1/inventory/devices'
/** As many polls as a process lets wait. */
const ROOM = 4000

let server: TestServer
beforeAll(async () => {
  server = await startServer({ environment: { MUSTER_METRICS_PORT: '0' } })
})
afterAll(() => server[Symbol.asyncDispose]())

async function waiting(): Promise<number> {
  const text = await (await fetch(server.metrics_url ?? '')).text()
  return Number(/^muster_device_requests_in_flight (\d+)$/m.exec(text)?.[1])
}

/** `n` polls over one connection each, left unanswered for as long as the database is held up. */
async function holdPolls(n: number, token: string): Promise<Socket[]> {
  const { hostname, port } = new URL(server.url)
  const sockets = []
  for (let i = 0; i < n; i++) {
    const socket = connect(Number(port), hostname).on('error', () => {})
    await once(socket, 'connect')
    socket.write(`GET ${POLL} HTTP/1.1\r\nHost: muster\r\nAuthorization: Bearer ${token}\r\n\r\n`)
    socket.resume()
    sockets.push(socket)
  }
  return sockets
}

test('more polls than can wait are refused and told when to come back, people are not, and then no poll is', async () => {
  const tenant = await server.tenant()
  const [device] = await enrol(server, tenant, 1)
  expect((await ask(device!)).status).toBe(204)

  await server.env.db.transaction(async (tx) => {
    await tx.query(sql`lock table auth_sets in access exclusive mode`)
    const sockets = await holdPolls(ROOM, device!.token ?? '')
    await expect.poll(waiting, { timeout: 10_000 }).toBe(ROOM)
    const refused = await ask(device!)
    expect(refused).toMatchObject({
      status: 429,
      body: { error: 'The server has too much to do just now: try again later.', request_id: expect.any(String) },
    })
    expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(30)
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(60)
    expect((await tenant.api.get(DEVICES)).status).toBe(200)

    // Those who go without waiting for an answer leave their room to others.
    for (const socket of sockets) socket.destroy()
    await expect.poll(waiting, { timeout: 10_000 }).toBe(0)
  })
  await expect.poll(async () => (await ask(device!)).status, { timeout: 10_000 }).toBe(204)
}, 60_000)
