import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { logIn, openManager } from '../src/client/manager.ts'
import { uploadOf } from '../src/client/upload.ts'
import { openPool } from '../src/db/pool.ts'
import { sql } from '../src/db/sql.ts'
import { enrolDevices } from '../src/simulate/enrol.ts'
import { type SimulatedDevice, simulateDevice } from '../src/simulate/simulated-device.ts'
import { buildArtifact } from './support/artifact.ts'
import { cloneDatabase } from './support/clone-database.ts'
import { type RunningServer, startMuster } from './support/command.ts'
import { sendBytes, sendRaw } from './support/raw.ts'

const LOGIN = '/api/management/v1/useradm/auth/login'
const DEPLOYMENTS = '/api/management/v1/deployments'
const DEVICES = '/api/management/v1/inventory/devices'
const PASSWORD = 'a secret of ours'
const WRONG = 'a secret of somebody else'

let server: RunningServer
let database: Awaited<ReturnType<typeof cloneDatabase>>
let data_dir: string
let device: SimulatedDevice
/** What must not appear in the log. */
const secrets: Record<string, string> = { password: PASSWORD, 'wrong password': WRONG }

const email = 'admin@example.com'
const basic = (password: string) => Buffer.from(`${email}:${password}`).toString('base64')
const keep = (name: string, token: string) => {
  secrets[name] = token
  secrets[`${name}'s signature`] = token.split(/[.=]/).at(-1) ?? ''
}

beforeAll(async () => {
  database = await cloneDatabase()
  data_dir = await mkdtemp(join(tmpdir(), 'muster-logs-'))
  server = await startMuster({
    ...{ MUSTER_DATA_DIR: data_dir, DATABASE_URL: database.url, MUSTER_LOG_LEVEL: 'trace' },
    ...{ MUSTER_ADMIN_EMAIL: email, MUSTER_ADMIN_PASSWORD: PASSWORD },
  })
  const token = await workAsUsual()
  await beRefused(token)
  await failInside(token)
  await server.kill('SIGTERM')
})
afterAll(async () => {
  await server.kill('SIGKILL')
  await database.drop()
  await rm(data_dir, { recursive: true, force: true })
})

/** A login, and a device that is accepted and updated. Returns the user's token. */
async function workAsUsual(): Promise<string> {
  const { url } = server
  for (const password of [WRONG, PASSWORD]) secrets[`Basic ${password}`] = basic(password)
  const login = await sendRaw(url, {
    method: 'POST',
    path: LOGIN,
    headers: { authorization: `Basic ${basic(PASSWORD)}` },
  })
  keep('user token', login.text)
  await sendRaw(url, { method: 'POST', path: LOGIN, headers: { authorization: `Basic ${basic(WRONG)}` } })
  const manager = openManager({ url, token: await logIn(server, { email, password: PASSWORD }) })
  const { body: tenant } = await manager.get('/api/management/v1/tenantadm/user/tenant')
  keep('tenant token', tenant.tenant_token)
  device = simulateDevice({ url, tenant_token: tenant.tenant_token, identity: { mac: 'one' } })
  await enrolDevices(manager, [device], () => ({ device_type: 'qemux86-64' }))
  keep('device token', device.token ?? '')
  const file = await buildArtifact({ name: 'release-1' })
  await manager.upload(`${DEPLOYMENTS}/artifacts`, () => uploadOf(file))
  await manager.post(`${DEPLOYMENTS}/deployments`, { name: 'a', artifact_name: 'release-1', devices: [device.id] })
  const { body: update } = await device.next({ artifact_name: 'a', device_type: 'qemux86-64' })
  keep('link', update.artifact.source.uri)
  expect(await device.download(update.artifact.source.uri)).toMatchObject({ status: 200 })
  expect(await device.report(update.id, 'success')).toMatchObject({ status: 204 })
  return login.text
}

async function beRefused(token: string) {
  const authorization = `Bearer ${token}`
  const calls = [
    { path: `${DEVICES}/nowhere`, headers: { authorization, 'x-men-requestid': 'refused-here' } },
    { path: `${DEVICES}/${token}`, headers: { cookie: `JWT=${token}` } },
    { path: `${DEVICES}?page=x&token=${token}&signature=${token}`, headers: { authorization } },
    { path: `/${token}/%zz`, headers: { authorization } },
    { path: DEVICES, headers: { authorization: `Bearer ${token} ${token}` } },
    { path: DEVICES, headers: { authorization: token } },
    { path: '/api/devices/v1/inventory/device/attributes', headers: { authorization } },
  ]
  for (const call of calls) {
    const { status } = await sendRaw(server.url, { method: 'GET', ...call })
    expect(status).toBeGreaterThanOrEqual(400)
  }
  await sendBytes(server.url, `GET ${DEVICES} HTTP/9.9\r\nAuthorization: ${authorization}\r\n\r\n`)
}

/** The database fails in the middle of a request. */
async function failInside(token: string) {
  const db = openPool(database.url, 1)
  await db.query(sql`alter table users rename column password_hash to hidden`)
  await db.query(sql`alter table devices rename column attributes to hidden`)
  const login = { method: 'POST', path: LOGIN, headers: { authorization: `Basic ${basic(PASSWORD)}` } }
  expect(await sendRaw(server.url, login)).toMatchObject({ status: 500, body: { error: 'internal error' } })
  const list = { method: 'GET', path: DEVICES, headers: { authorization: `Bearer ${token}` } }
  expect(await sendRaw(server.url, list)).toMatchObject({ status: 500 })
  await db.close()
}

// biome-ignore lint/suspicious/noExplicitAny: tests read arbitrary members
const lines = (): any[] =>
  server
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))

describe('the log', () => {
  test('never contains a password, a token or a signature', () => {
    expect(Object.keys(secrets).length).toBeGreaterThan(10)
    for (const [name, secret] of Object.entries(secrets)) {
      expect([name, secret.length]).toEqual([name, expect.toSatisfy((length) => length > 10)])
      expect([name, server.output().includes(secret)]).toEqual([name, false])
    }
  })

  test('contains the request, the tenant and the device', () => {
    const poll = lines().find(({ route, status }) => route?.endsWith('/next') && status === 200)
    expect(poll).toMatchObject({
      ...{ device_id: device.id, method: 'GET' },
      ...{ tenant_id: expect.stringMatching(/^[0-9a-f-]{36}$/), request_id: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    })
    const refused = lines().find(({ request_id }) => request_id === 'refused-here')
    expect(refused).toMatchObject({ status: 404, tenant_id: poll.tenant_id, user_id: expect.any(String) })
  })

  test('contains the cause of an internal error, with the request ID that the client received', () => {
    const failed = lines().filter(({ msg }) => msg === 'request failed')
    expect(failed.map(({ err }) => err.message)).toEqual([
      expect.stringContaining('password_hash'),
      expect.stringContaining('attributes'),
    ])
    expect(failed[1]).toMatchObject({ request_id: expect.any(String), tenant_id: expect.any(String) })
  })
})
