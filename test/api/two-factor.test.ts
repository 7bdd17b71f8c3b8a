import { TOTP } from 'otpauth'
import QRCode from 'qrcode'
import { describe, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { type Api, openApi } from '../support/api.ts'
import { useServer } from '../support/fixtures.ts'
import type { TestTenant } from '../support/server.ts'
import { addUser, eventsOf, idOf, isSignedIn, signIn, USERADM } from '../support/users.ts'

const ME = `${USERADM}/users/me`
const QR = `${USERADM}/2faqr`
const VERIFY = `${USERADM}/2faverify`
const STEP_MS = 30_000

const server = useServer()

/** The secret in the user's authenticator app. */
async function authenticatorOf(api: Api, label: string): Promise<TOTP> {
  const found = await server.env.db.first<{ tfa_secret: string }>(sql`
    select tfa_secret from users where id = ${idOf(api)}`)
  return new TOTP({ issuer: 'Muster', label, secret: found?.tfa_secret ?? '' })
}

const codeOf = (totp: TOTP, ms = 0): string => totp.generate({ timestamp: server.env.now().getTime() + ms })
const statusOf = async (api: Api) => (await api.get(ME)).body.tfa_status

/** A user whose next login needs a code; the current code is used up. */
async function protectedUser() {
  const tenant = await server.tenant()
  expect((await tenant.api.post(`${ME}/2fa/enable`)).status).toBe(200)
  const totp = await authenticatorOf(tenant.api, tenant.email)
  expect(await tenant.api.put(VERIFY, { token2fa: codeOf(totp) })).toMatchObject({ status: 202, text: '' })
  return { ...tenant, totp }
}

const signInWith = (tenant: TestTenant, token2fa: string) => signIn(server, tenant, { token2fa, no_expiry: false })

describe('two-factor authentication', () => {
  test('changes from disabled through unverified to enabled, and back', async () => {
    const tenant = await server.tenant()
    const { api, email } = tenant
    expect(await statusOf(api)).toBe('disabled')
    expect((await api.get(QR)).status).toBe(400)
    expect(await api.post(`${ME}/2fa/disable`)).toMatchObject({
      ...{ status: 400, body: { error: 'Two-factor authentication is not enabled.' } },
    })
    expect(await api.post(`${ME}/2fa/enable`)).toMatchObject({ status: 200, text: '' })
    expect(await statusOf(api)).toBe('unverified')
    expect((await signIn(server, tenant)).status).toBe(200)
    const totp = await authenticatorOf(api, email)
    expect(await api.put(VERIFY, { token2fa: codeOf(totp) })).toMatchObject({ status: 202 })
    expect(await statusOf(api)).toBe('enabled')
    expect((await api.get(QR)).status).toBe(400)
    expect(await api.post(`${ME}/2fa/enable`)).toMatchObject({
      ...{ status: 400, body: { error: 'Two-factor authentication is enabled already.' } },
    })
    expect(await api.post(`${ME}/2fa/disable`)).toMatchObject({ status: 200 })
    expect(await statusOf(api)).toBe('disabled')
    expect((await signIn(server, tenant)).status).toBe(200)
    const changes = (await eventsOf(server, tenant)).slice(1).map(({ action, change }) => [action, change])
    const update = (before: string, after: string) => [
      'update',
      `Updated user ${email}:\n-tfa_status: "${before}"\n+tfa_status: "${after}"`,
    ]
    expect(changes).toEqual([
      update('disabled', 'unverified'),
      update('unverified', 'enabled'),
      update('enabled', 'disabled'),
    ])
  })

  test('is set up by a QR code that is the same until it is verified', async () => {
    const { api, email } = await server.tenant()
    await api.post(`${ME}/2fa/enable`)
    const { status, body } = await api.get(QR)
    expect(status).toBe(200)
    const png = Buffer.from(body.qr, 'base64')
    expect(png.subarray(1, 4).toString()).toBe('PNG')
    const uri = (await authenticatorOf(api, email)).toString()
    expect(uri).toMatch(/^otpauth:\/\/totp\/Muster:.*secret=[A-Z2-7]{32}&/)
    expect(png.equals(await QRCode.toBuffer(uri))).toBe(true)
    expect((await api.post(`${ME}/2fa/enable`)).status).toBe(200)
    expect((await api.get(QR)).body.qr).toBe(body.qr)
  })

  test('is not verified by a wrong code, nor before it is enabled', async () => {
    const { api, email } = await server.tenant()
    expect(await api.put(VERIFY, { token2fa: '000000' })).toMatchObject({
      ...{ status: 422, body: { error: expect.stringContaining('enable it') } },
    })
    await api.post(`${ME}/2fa/enable`)
    const totp = await authenticatorOf(api, email)
    const good = codeOf(totp)
    for (const token2fa of ['', ' ', '12345', '1234567', `${good} `, 'abcdef', codeOf(totp, 10 * STEP_MS)])
      expect([token2fa, (await api.put(VERIFY, { token2fa })).status]).toEqual([token2fa, 422])
    for (const body of [{}, { token2fa: Number(good) }, { token2fa: null }])
      expect((await api.put(VERIFY, body)).status).toBe(400)
    expect(await statusOf(api)).toBe('unverified')
  })

  test('creates a new secret when it is enabled again', async () => {
    const tenant = await protectedUser()
    await tenant.api.post(`${ME}/2fa/disable`)
    await tenant.api.post(`${ME}/2fa/enable`)
    const again = await authenticatorOf(tenant.api, tenant.email)
    expect(again.secret.base32).not.toBe(tenant.totp.secret.base32)
  })

  test('of another user is changed by users who may manage users, for example after the loss of a phone', async () => {
    const tenant = await server.tenant()
    const user = await addUser(server, tenant)
    const path = `${USERADM}/users/${user.id}/2fa`
    expect((await tenant.api.post(`${path}/enable`)).status).toBe(200)
    expect(await statusOf(user.api)).toBe('unverified')
    expect((await tenant.api.post(`${path}/disable`)).status).toBe(200)
    expect(await statusOf(user.api)).toBe('disabled')
    const watcher = await addUser(server, tenant, ['RBAC_ROLE_OBSERVER'])
    expect((await watcher.api.post(`${path}/enable`)).status).toBe(403)
    expect((await watcher.api.post(`${ME}/2fa/enable`)).status).toBe(200)
  })
})

describe('a login with two factors', () => {
  test('needs the code, and reveals this only after the correct password', async () => {
    const tenant = await protectedUser()
    for (const response of [await signIn(server, tenant), await signInWith(tenant, '')])
      expect(response).toMatchObject({ status: 401, body: { error: 'unauthorized: 2fa code needed' } })
    for (const wrong of ['000000', '12345', 'abcdef', ' '])
      expect(await signInWith(tenant, wrong)).toMatchObject({
        ...{ status: 401, body: { error: expect.stringMatching(/^unauthorized: 2fa code wrong/) } },
      })
    const code = codeOf(tenant.totp, STEP_MS)
    const wrongPassword = { ...tenant, password: 'not the password' }
    expect(await signInWith(wrongPassword, code)).toMatchObject({ status: 401, body: { error: 'unauthorized' } })
    expect(await signInWith(tenant, code)).toMatchObject({ status: 200 })
    expect(await isSignedIn(tenant.api)).toBe(true)
  })

  test('accepts a code once: only one of many simultaneous logins with it succeeds', async () => {
    const tenant = await protectedUser()
    server.advance(2 * STEP_MS)
    const code = codeOf(tenant.totp)
    const responses = await Promise.all([1, 2, 3, 4, 5].map(() => signInWith(tenant, code)))
    expect(responses.map(({ status }) => status).sort()).toEqual([200, 401, 401, 401, 401])
    expect((await signInWith(tenant, code)).status).toBe(401)
    server.advance(STEP_MS)
    expect((await signInWith(tenant, codeOf(tenant.totp))).status).toBe(200)
    expect((await signInWith(tenant, codeOf(tenant.totp, -STEP_MS))).status).toBe(401)
    server.advance(-3 * STEP_MS)
  })

  test('accepts the code of a clock that is half a minute off, but not of one that is two minutes off', async () => {
    const tenant = await protectedUser()
    server.advance(10 * STEP_MS)
    for (const off of [-4, 4])
      expect([off, (await signInWith(tenant, codeOf(tenant.totp, off * STEP_MS))).status]).toEqual([off, 401])
    expect((await signInWith(tenant, codeOf(tenant.totp, STEP_MS))).status).toBe(200)
    server.advance(-10 * STEP_MS)
  })

  test.each([[{ token2fa: 123456 }], [{ token2fa: null }], [{ token2fa: [] }]])('with %j is 400', async (body) => {
    const tenant = await server.tenant()
    expect(await signIn(server, tenant, body)).toMatchObject({ status: 400 })
  })

  test('is not required with an access token', async () => {
    const tenant = await protectedUser()
    const { text } = await tenant.api.post(`${USERADM}/settings/tokens`, { name: 'pipeline' })
    expect(await isSignedIn(openApi(server.url, text))).toBe(true)
  })
})
