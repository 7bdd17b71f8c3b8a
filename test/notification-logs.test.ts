import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { simulateDevice } from '../src/simulate/simulated-device.ts'
import { type Api, openApi } from './support/api.ts'
import { cloneDatabase } from './support/clone-database.ts'
import { type RunningServer, startMuster } from './support/command.ts'
import { mailSettings, startMailServer } from './support/mail-server.ts'
import { integrate, startReceiver } from './support/receiver.ts'
import { signInAsAdministrator } from './support/until-gone.ts'
import { USERADM } from './support/users.ts'

const EMAIL = 'admin@example.com'

let mailServer: Awaited<ReturnType<typeof startMailServer>>
let mails_fail = false
let server: RunningServer
let database: Awaited<ReturnType<typeof cloneDatabase>>
let data_dir: string
let admin: Api

beforeAll(async () => {
  mailServer = await startMailServer({
    accept: async () => {
      if (mails_fail) throw new Error('the disk is full')
    },
  })
  database = await cloneDatabase()
  data_dir = await mkdtemp(join(tmpdir(), 'muster-logs-'))
  server = await startMuster({
    ...{ MUSTER_DATA_DIR: data_dir, DATABASE_URL: database.url, MUSTER_LOG_LEVEL: 'trace' },
    ...{ MUSTER_ADMIN_PASSWORD: 'administrator', MUSTER_WEBHOOK_ALLOW: 'loopback', ...mailSettings(mailServer) },
  })
  admin = await signInAsAdministrator(server.url)
})
afterAll(async () => {
  await server?.kill('SIGKILL')
  await database?.drop()
  await rm(data_dir, { recursive: true, force: true })
  await mailServer?.[Symbol.asyncDispose]()
})

type Line = { level: string; msg?: string; [member: string]: unknown }

/** The lines of the log that have a text in them. */
const linesWith = (text: string): Line[] =>
  server
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{') && line.includes(text))
    .map((line) => JSON.parse(line))

test('the log has one line when an integration begins to fail, and one when it works again', async () => {
  let status = 500
  await using receiver = await startReceiver(() => ({ status, body: 'out of order' }))
  const id = await integrate(admin, `${receiver.url}/secret-in-the-address`)
  const deliveries = `/api/management/v2/iot-manager/integrations/${id}/deliveries`
  for (let n = 0; n < 3; n++) await simulateDevice({ url: server.url, identity: { mac: String(n) } }).requestAuth()
  await expect
    .poll(async () => (await admin.get(deliveries)).body.map(({ attempts }: { attempts: number }) => attempts > 0))
    .toEqual([true, true, true])
  const about = () => linesWith(id).filter(({ msg = '' }) => msg.startsWith('an integration'))
  expect(about()).toEqual([
    expect.objectContaining({
      ...{
        level: 'warn',
        integration_id: id,
        error: 'the target responded with 500',
        target: new URL(receiver.url).origin,
      },
      msg: 'an integration does not accept events: each is sent again for a day',
    }),
  ])
  status = 200
  for (const { event_id } of (await admin.get(deliveries)).body) await admin.post(`${deliveries}/${event_id}/redeliver`)
  await expect.poll(() => about().length).toBe(2)
  expect(about()[1]).toMatchObject({ level: 'info', msg: 'an integration accepts events again' })
  await expect.poll(async () => (await admin.get(`${deliveries}?state=delivered`)).body.length).toBe(3)
  expect(about()).toHaveLength(2)
  // Addresses often contain a password.
  expect(server.output()).not.toContain('secret-in-the-address')
})

test('the log says why a link could not be sent, and has the secret of none', async () => {
  const start = () => openApi(server.url).post(`${USERADM}/auth/password-reset/start`, { email: EMAIL })
  mails_fail = true
  expect(await start()).toMatchObject({ status: 202 })
  await expect.poll(() => linesWith('could not send a link for a new password').length).toBe(1)
  expect(linesWith('could not send a link for a new password')[0]).toMatchObject({
    ...{ level: 'warn', err: { message: expect.stringContaining('451 the disk is full') } },
  })
  mails_fail = false
  await start()
  await mailServer.until(1)
  const secret = /#([0-9a-f]{64})/.exec(mailServer.mails[0]?.text ?? '')?.[1] ?? ''
  const password = 'another good password'
  const done = await openApi(server.url).post(`${USERADM}/auth/password-reset/complete`, {
    secret_hash: secret,
    password,
  })
  expect(done).toMatchObject({ status: 202 })
  await expect.poll(() => linesWith('password-reset/complete').length).toBeGreaterThan(0)
  for (const hidden of [secret, password]) expect(server.output()).not.toContain(hidden)
})
