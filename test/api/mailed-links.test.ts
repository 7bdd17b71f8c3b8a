import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { changeTenant } from '../../src/auth/tenants/change-tenant.ts'
import { sql } from '../../src/db/sql.ts'
import { type Api, openApi } from '../support/api.ts'
import { useServer } from '../support/fixtures.ts'
import { mailSettings, startMailServer } from '../support/mail-server.ts'
import { startServer, type TestServer, type TestTenant } from '../support/server.ts'
import { addUser, eventsOf, idOf, isSignedIn, openSessionOf, signIn, USERADM } from '../support/users.ts'

const RESET = `${USERADM}/auth/password-reset`
const VERIFY = `${USERADM}/auth/verify-email`
const MINUTE_MS = 60_000
const NEW = 'another good password'

let mailServer: Awaited<ReturnType<typeof startMailServer>>
let server: TestServer
let anybody: Api
beforeAll(async () => {
  mailServer = await startMailServer()
  // Requests come from the address that a test gives them: the limits of one do not concern another.
  server = await startServer({ environment: mailSettings(mailServer), trust_proxy: ['loopback'] })
  anybody = openApi(server.url)
})
afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
  await mailServer?.[Symbol.asyncDispose]()
})

let client = 0
const from = () => ({ 'x-forwarded-for': `192.0.2.${++client}` })
const start = (email: string, headers = from()) => anybody.post(`${RESET}/start`, { email }, headers)
const complete = (secret_hash: string, password = NEW, headers = from()) =>
  anybody.post(`${RESET}/complete`, { secret_hash, password }, headers)
const mailsTo = (email: string) => mailServer.mails.filter(({ to }) => to.includes(email))
const secretIn = (text: string, page: string) =>
  new RegExp(`https://muster\\.example\\.com/${page}#([a-z0-9]{64})`).exec(text)?.[1] ?? ''

/** Asks for a link, and returns its secret once the mail is there. */
async function secretFor({ email }: { email: string }): Promise<string> {
  const before = mailsTo(email).length
  expect(await start(email)).toMatchObject({ status: 202, text: '' })
  await expect.poll(() => mailsTo(email).length).toBe(before + 1)
  return secretIn(mailsTo(email).at(-1)?.text ?? '', 'password')
}
const expired = { status: 400, body: { code: 'mailed_link_invalid' } }

describe('a forgotten password', () => {
  test('is replaced by a link that is sent to the user, which ends the sessions and can be used once', async () => {
    const tenant = await server.tenant()
    const other = await openSessionOf(server, tenant)
    const token = await tenant.api.post(`${USERADM}/settings/tokens`, { name: 'ci', expires_in: 0 })
    expect(await start(tenant.email.toUpperCase())).toMatchObject({ status: 202, text: '' })
    await expect.poll(() => mailsTo(tenant.email).length).toBe(1)
    const [mail] = mailsTo(tenant.email)
    expect(mail?.headers.subject).toBe('Reset your password of Muster')
    const link = secretIn(mail?.text ?? '', 'password')
    expect(secretIn(mail?.html ?? '', 'password')).toBe(link)
    expect(await complete(link)).toMatchObject({ status: 202, text: '' })
    expect([await isSignedIn(tenant.api), await isSignedIn(other)]).toEqual([false, false])
    expect(await isSignedIn(openApi(server.url, token.text))).toBe(true)
    expect(await signIn(server, tenant)).toMatchObject({ status: 401 })
    expect(await signIn(server, { ...tenant, password: NEW })).toMatchObject({ status: 200 })
    expect(await complete(link, 'yet another password')).toMatchObject(expired)
    const events = await eventsOf(server, tenant)
    expect(events.at(-1)).toMatchObject({
      ...{
        action: 'update',
        actor: { email: tenant.email },
        change: expect.stringContaining('by a link that was sent'),
      },
    })
    expect(JSON.stringify(events)).not.toContain(link)
  })

  test('is asked for with the same response, whether there is such a user or not', async () => {
    const tenant = await server.tenant()
    const unknown = `nobody-${tenant.email}`
    const [known, missing] = [await start(tenant.email), await start(unknown)]
    expect([known.status, known.text]).toEqual([missing.status, missing.text])
    const names = (headers: Headers) => [...headers.keys()].sort()
    expect(names(known.headers)).toEqual(names(missing.headers))
    await expect.poll(() => mailsTo(tenant.email).length).toBe(1)
    expect(mailsTo(unknown)).toEqual([])
    for (const email of ['', 'x', 'a b@c.example', ['a@b.example']])
      expect(await anybody.post(`${RESET}/start`, { email }, from())).toMatchObject({ status: 400 })
  })

  test('is not replaced by a link that has expired, of another user, or unknown', async () => {
    const [one, other] = [await server.tenant(), await server.tenant()]
    const secret = await secretFor(one)
    server.advance(61 * MINUTE_MS)
    expect(await complete(secret)).toMatchObject(expired)
    server.advance(-61 * MINUTE_MS)
    for (const wrong of ['', '0'.repeat(64), `${secret} `, secret.toUpperCase()])
      expect([wrong, await complete(wrong)]).toMatchObject([wrong, expired])
    // Only hashes are stored: what they are of cannot be read.
    const stored = await server.env.db.query<{ row: string }>(sql`select mailed_links::text as row from mailed_links`)
    expect(JSON.stringify(stored)).not.toContain(secret)
    expect(await complete(secret)).toMatchObject({ status: 202 })
    expect(await signIn(server, other)).toMatchObject({ status: 200 })
  })

  test('is used once, although two requests use the link at the same time', async () => {
    const tenant = await server.tenant()
    const secret = await secretFor(tenant)
    const answers = await Promise.all([complete(secret, `${NEW} 1`), complete(secret, `${NEW} 2`)])
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 400])
    const winner = answers[0]?.status === 202 ? `${NEW} 1` : `${NEW} 2`
    expect(await signIn(server, { ...tenant, password: winner })).toMatchObject({ status: 200 })
  })

  test('has to be a good one: a link is not used up by another', async () => {
    const tenant = await server.tenant()
    const secret = await secretFor(tenant)
    for (const password of ['short', `1${tenant.email}1`, 'x'.repeat(1025)])
      expect(await complete(secret, password)).toMatchObject({ status: 422, body: { code: 'weak_password' } })
    expect(await complete(secret)).toMatchObject({ status: 202 })
  })

  test('of a user whose address has changed is not replaced by a link to the old one', async () => {
    const tenant = await server.tenant()
    const secret = await secretFor(tenant)
    const email = `new-${tenant.email}`
    await tenant.api.put(`${USERADM}/users/${idOf(tenant.api)}`, { email })
    expect(await complete(secret)).toMatchObject(expired)
    expect(await signIn(server, { ...tenant, email })).toMatchObject({ status: 200 })
  })

  test('keeps two-factor authentication', async () => {
    const tenant = await server.tenant()
    await server.env.db.query(sql`
      update users set tfa_status = 'enabled', tfa_secret = 'JBSWY3DPEHPK3PXP' where email = ${tenant.email}`)
    expect(await complete(await secretFor(tenant))).toMatchObject({ status: 202 })
    expect(await signIn(server, { ...tenant, password: NEW })).toMatchObject({
      ...{ status: 401, body: { code: 'two_factor_code_needed' } },
    })
  })

  test('ends with the user, and is not sent while the tenant is suspended', async () => {
    const tenant = await server.tenant()
    const user = await addUser(server, tenant)
    const secret = await secretFor(user)
    await tenant.api.delete(`${USERADM}/users/${user.id}`)
    expect(await complete(secret)).toMatchObject(expired)
    await changeTenant(server.env, { tenant_id: tenant.tenant_id, status: 'suspended' })
    expect(await start(tenant.email)).toMatchObject({ status: 202 })
    await start(await server.tenant().then(({ email }) => email))
    await expect.poll(() => mailServer.mails.length).toBeGreaterThan(0)
    expect(mailsTo(tenant.email)).toEqual([])
  })

  test('is none for a user who signs in elsewhere, whose mail says so', async () => {
    const tenant = await server.tenant()
    const user = await addUser(server, tenant)
    const isSaidTo = async (email: string) => {
      expect(await start(email)).toMatchObject({ status: 202 })
      await expect.poll(() => mailsTo(email).length).toBe(1)
      const [mail] = mailsTo(email)
      expect(mail?.headers.subject).toBe('You sign in to Muster without a password')
      expect(secretIn(mail?.text ?? '', 'password')).toBe('')
    }
    await server.env.db.query(sql`update users set password_hash = '' where email = ${tenant.email}`)
    await isSaidTo(tenant.email)
    // Passwords are switched off, except for one user.
    await server.env.db.query(sql`
      update tenants set password_user_id = (select id from users where email = ${tenant.email})
      where tenant_id = ${tenant.tenant_id}`)
    await isSaidTo(user.email)
  })

  test('is asked for five times, for one address, from wherever; more is refused alike if there is no such user', async () => {
    const tenant = await server.tenant()
    for (const email of [tenant.email, `nobody-${tenant.email}`]) {
      for (let n = 0; n < 5; n++) expect(await start(email)).toMatchObject({ status: 202 })
      const refused = await start(email)
      expect(refused).toMatchObject({
        ...{
          status: 429,
          body: { code: 'too_many_guesses', error: expect.stringMatching(/^Too many e-mails: try again/) },
        },
      })
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(60)
    }
    await expect.poll(() => mailsTo(tenant.email).length).toBe(5)
    server.advance(15 * MINUTE_MS)
    expect(await start(tenant.email)).toMatchObject({ status: 202 })
    server.advance(-15 * MINUTE_MS)
  })

  test('is asked for twenty times from one network, and links are guessed fifty times', async () => {
    const headers = from()
    for (let n = 0; n < 20; n++) expect(await start(`nobody-${n}@example.com`, headers)).toMatchObject({ status: 202 })
    expect(await start('nobody@example.com', headers)).toMatchObject({ status: 429 })
    const guesses = await Promise.all(Array.from({ length: 60 }, (_, n) => complete(`${n}`, NEW, headers)))
    expect(guesses.filter(({ status }) => status === 429).length).toBeGreaterThan(0)
  })
})

describe('an e-mail address', () => {
  const verify = (secret_hash: string) => anybody.post(`${VERIFY}/complete`, { secret_hash }, from())
  const isVerified = async ({ api }: TestTenant) => (await api.get(`${USERADM}/users/me`)).body.verified
  const ask = ({ email }: { email: string }) => anybody.post(`${VERIFY}/start`, { email }, from())

  test('is verified by a link that is sent there, until it changes', async () => {
    const tenant = await server.tenant()
    expect(await isVerified(tenant)).toBe(false)
    expect(await ask(tenant)).toMatchObject({ status: 202, text: '' })
    await expect.poll(() => mailsTo(tenant.email).length).toBe(1)
    const secret = secretIn(mailsTo(tenant.email)[0]?.text ?? '', 'verify-email')
    expect(await complete(secret)).toMatchObject(expired)
    expect(await verify(secret)).toMatchObject({ status: 204, text: '' })
    expect(await isVerified(tenant)).toBe(true)
    expect(await verify(secret)).toMatchObject(expired)
    await tenant.api.put(`${USERADM}/users/${idOf(tenant.api)}`, { email: `new-${tenant.email}` })
    expect(await isVerified(tenant)).toBe(false)
  })

  test('is verified by a new password, too', async () => {
    const tenant = await server.tenant()
    await complete(await secretFor(tenant))
    const api = await openSessionOf(server, { ...tenant, password: NEW })
    expect(await isVerified({ ...tenant, api })).toBe(true)
  })

  test('is not verified by a link that has expired', async () => {
    const tenant = await server.tenant()
    await ask(tenant)
    await expect.poll(() => mailsTo(tenant.email).length).toBe(1)
    const secret = secretIn(mailsTo(tenant.email)[0]?.text ?? '', 'verify-email')
    server.advance(25 * 60 * MINUTE_MS)
    expect(await verify(secret)).toMatchObject(expired)
    server.advance(-25 * 60 * MINUTE_MS)
    expect(await isVerified(tenant)).toBe(false)
  })

  test('is sent nothing if it is of no user, or verified already, with the same response', async () => {
    const tenant = await server.tenant()
    await complete(await secretFor(tenant))
    const sent = mailsTo(tenant.email).length
    const unknown = `nobody-${tenant.email}`
    for (const email of [tenant.email, unknown]) expect(await ask({ email })).toMatchObject({ status: 202, text: '' })
    // A mail that is asked for afterwards arrives.
    const other = await server.tenant()
    await ask(other)
    await expect.poll(() => mailsTo(other.email).length).toBe(1)
    expect([mailsTo(tenant.email).length, mailsTo(unknown).length]).toEqual([sent, 0])
    for (const email of ['', 'x', ['a@b.example']])
      expect(await anybody.post(`${VERIFY}/start`, { email }, from())).toMatchObject({ status: 400 })
    for (const secret_hash of ['dummy', ['dummy']])
      expect(await anybody.post(`${VERIFY}/complete`, { secret_hash }, from())).toMatchObject({ status: 400 })
  })

  test('has to be verified before two-factor authentication is set up', async () => {
    const tenant = await server.tenant()
    const enable = () => tenant.api.post(`${USERADM}/users/me/2fa/enable`)
    expect(await enable()).toMatchObject({ status: 403, body: { code: 'email_not_verified' } })
    await ask(tenant)
    await expect.poll(() => mailsTo(tenant.email).length).toBe(1)
    await verify(secretIn(mailsTo(tenant.email)[0]?.text ?? '', 'verify-email'))
    expect(await enable()).toMatchObject({ status: 200 })
  })
})

describe('a server that sends no e-mail', () => {
  const silent = useServer()

  test('refuses to send links, and counts all addresses as verified', async () => {
    const tenant = await silent.tenant()
    const refusal = {
      status: 422,
      body: { code: 'email_not_configured', error: expect.stringContaining('MUSTER_SMTP_URL') },
    }
    expect(await openApi(silent.url).post(`${RESET}/start`, { email: tenant.email })).toMatchObject(refusal)
    expect(await tenant.api.post(`${VERIFY}/start`, { email: tenant.email })).toMatchObject(refusal)
    expect((await tenant.api.get(`${USERADM}/users/me`)).body.verified).toBe(true)
  })
})
