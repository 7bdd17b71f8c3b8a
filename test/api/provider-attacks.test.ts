import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { openApi } from '../support/api.ts'
import { useServer, useTenant } from '../support/fixtures.ts'
import { type ForgedProvider, startForgedProvider } from '../support/forged-provider.ts'
import { startServer } from '../support/server.ts'
import {
  ALLOWS_LOOPBACK,
  addProvider,
  CLIENT_ID,
  failureIn,
  OPTIONS,
  providerOf,
  sessionOf,
  startOf,
} from '../support/sign-in.ts'
import { USERADM } from '../support/users.ts'
import { openVisitor, type Visitor } from '../support/visitor.ts'

const MINUTE_S = 60

const server = useServer({ ...ALLOWS_LOOPBACK, trust_proxy: ['loopback'] })
const tenant = useTenant(server)
let forged: ForgedProvider
let other: ForgedProvider
beforeAll(async () => {
  forged = await startForgedProvider()
  other = await startForgedProvider()
  await addProvider(tenant, forged.issuer, { id: 'company' })
  await addProvider(tenant, other.issuer, { id: 'other', name: 'Other' })
})
afterEach(() => {
  forged.metadata = {}
})
afterAll(async () => {
  await forged?.[Symbol.asyncDispose]()
  await other?.[Symbol.asyncDispose]()
})

const place = (id = 'company') => ({ tenant_id: tenant.tenant_id, id })
/** Failures are limited by network, so each test has its own. */
let networks = 0
const from = (network = ++networks) => ({ 'x-forwarded-for': `198.51.100.${network}` })

type Begun = { visitor: Visitor; state: string; nonce: string; callback: string; url: URL }

async function begin(id = 'company', query = ''): Promise<Begun> {
  const visitor = openVisitor()
  const { status, next = '' } = await visitor.send(startOf(server, place(id), query))
  expect([status, next]).toEqual([303, expect.stringContaining('/authorize?')])
  const url = new URL(next)
  const parameter = (name: string) => url.searchParams.get(name) ?? ''
  return { visitor, url, state: parameter('state'), nonce: parameter('nonce'), callback: parameter('redirect_uri') }
}

const now_s = () => Math.floor(Date.now() / 1000)
const claimsFor = ({ nonce }: { nonce: string }) => ({
  ...{ iss: forged.issuer, aud: CLIENT_ID, sub: 'ada', nonce, iat: now_s(), exp: now_s() + 5 * MINUTE_S },
  ...{ email: 'ada@company.example', email_verified: true },
})

const answerWith = async (claims: object, options?: { forged?: boolean }) => {
  const id_token = await forged.sign(claims as Record<string, unknown>, options)
  forged.tokens = { status: 200, body: { access_token: 'x', token_type: 'Bearer', id_token } }
}

const end = async ({ visitor, callback }: Begun, query: Record<string, string>, network?: number) =>
  visitor.send(`${callback}?${new URLSearchParams(query)}`, { headers: from(network) })

const outcome = ({ status, next = '' }: { status: number; next?: string | undefined }) =>
  status === 303 ? (failureIn(next) ?? 'signed in') : status

describe('a sign-in', () => {
  test('of a provider that plays by the rules succeeds', async () => {
    const begun = await begin()
    expect(Object.fromEntries(begun.url.searchParams)).toMatchObject({
      ...{ response_type: 'code', client_id: CLIENT_ID, scope: 'openid email profile', code_challenge_method: 'S256' },
    })
    await answerWith(claimsFor(begun))
    expect(outcome(await end(begun, { code: 'c', state: begun.state }))).toBe('signed in')
    expect((await sessionOf(server, begun.visitor)).body.user.email).toBe('ada@company.example')
  })

  test.each<[string, (begun: Begun) => object, string]>([
    ['another nonce', () => ({ nonce: 'another' }), 'sign_in_not_valid'],
    ['no nonce', () => ({ nonce: undefined }), 'sign_in_not_valid'],
    ['another issuer', () => ({ iss: other.issuer }), 'sign_in_not_valid'],
    ['another audience', () => ({ aud: 'another' }), 'sign_in_not_valid'],
    ['several audiences, and no authorized party', () => ({ aud: [CLIENT_ID, 'another'] }), 'sign_in_not_valid'],
    ['no subject', () => ({ sub: undefined }), 'sign_in_not_valid'],
    ['a subject that cannot be stored', () => ({ sub: 'a\u0000b' }), 'sign_in_not_valid'],
    ['a subject that is too long', () => ({ sub: 'x'.repeat(1000) }), 'sign_in_not_valid'],
    [
      'an address that cannot be stored',
      () => ({ sub: 'new', email: 'a\u0000@company.example' }),
      'account_without_email',
    ],
    ['an expiry long ago', () => ({ exp: now_s() - 10 * MINUTE_S }), 'sign_in_clocks_differ'],
    ['a beginning far ahead', () => ({ nbf: now_s() + 10 * MINUTE_S }), 'sign_in_clocks_differ'],
    ['an expiry half a minute ago, by a clock that is wrong', () => ({ exp: now_s() - 30 }), 'signed in'],
    ['a beginning in half a minute, by a clock that is wrong', () => ({ nbf: now_s() + 30 }), 'signed in'],
  ])('with an ID token that has %s: its outcome', async (_what, changed, expected) => {
    const begun = await begin()
    await answerWith({ ...claimsFor(begun), ...changed(begun) })
    expect(outcome(await end(begun, { code: 'c', state: begun.state }))).toBe(expected)
    expect((await sessionOf(server, begun.visitor)).status).toBe(expected === 'signed in' ? 200 : 401)
  })

  test('with an ID token that somebody else has signed is not valid', async () => {
    const begun = await begin()
    await answerWith(claimsFor(begun), { forged: true })
    expect(outcome(await end(begun, { code: 'c', state: begun.state }))).toBe('sign_in_not_valid')
  })

  test('with an unsigned ID token is not valid', async () => {
    const begun = await begin()
    const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
    const id_token = `${encode({ alg: 'none' })}.${encode(claimsFor(begun))}.`
    forged.tokens = { status: 200, body: { access_token: 'x', token_type: 'Bearer', id_token } }
    expect(outcome(await end(begun, { code: 'c', state: begun.state }))).toBe('sign_in_not_valid')
  })

  test('with another state, or the response of another provider, is not valid', async () => {
    const begun = await begin()
    await answerWith(claimsFor(begun))
    expect(outcome(await end(begun, { code: 'c', state: 'another' }))).toBe('sign_in_not_valid')
    expect(outcome(await end(begun, { code: 'c' }))).toBe('sign_in_not_valid')
    const mixed_up = { code: 'c', state: begun.state, iss: other.issuer }
    expect(outcome(await end(begun, mixed_up))).toBe('sign_in_not_valid')
  })

  test('that was begun at one provider cannot be completed at the address of another', async () => {
    const begun = await begin()
    await answerWith(claimsFor(begun))
    const asked = other.asked.length
    const callback = begun.callback.replace('/company/', '/other/')
    expect(outcome(await end({ ...begun, callback }, { code: 'c', state: begun.state }))).toBe('sign_in_expired')
    expect(other.asked.length).toBe(asked)
  })

  test('needs the browser in which it was begun', async () => {
    const begun = await begin()
    await answerWith(claimsFor(begun))
    const victim = { ...begun, visitor: openVisitor() }
    const done = await end(victim, { code: 'c', state: begun.state })
    expect([outcome(done), done.next]).toEqual(['sign_in_expired', `${server.url}/?sign_in_error=sign_in_expired`])
    victim.visitor.jarOf(server.url).set('muster_sign_in', 'x.y.z')
    expect(outcome(await end(victim, { code: 'c', state: begun.state }))).toBe('sign_in_expired')
    // A token of another kind of the same server is none.
    victim.visitor.jarOf(server.url).set('muster_sign_in', tenant.api.token ?? '')
    expect(outcome(await end(victim, { code: 'c', state: begun.state }))).toBe('sign_in_expired')
  })

  test('expires after a quarter of an hour', async () => {
    const begun = await begin()
    await answerWith(claimsFor(begun))
    server.advance(16 * MINUTE_S * 1000)
    expect(outcome(await end(begun, { code: 'c', state: begun.state }))).toBe('sign_in_expired')
    server.advance(-16 * MINUTE_S * 1000)
  })

  test('with a code that the provider refuses is not valid, and one that it cannot check is unavailable', async () => {
    const begun = await begin()
    for (const [status, error, expected] of [
      [400, 'invalid_grant', 'sign_in_not_valid'],
      [401, 'invalid_client', 'sign_in_provider_unavailable'],
      [500, 'server_error', 'sign_in_provider_unavailable'],
    ] as const) {
      forged.tokens = { status, body: { error } }
      expect([error, outcome(await end(begun, { code: 'c', state: begun.state }))]).toEqual([error, expected])
    }
    const refused = { error: 'access_denied', state: begun.state }
    expect(outcome(await end(begun, refused))).toBe('sign_in_refused')
  })

  test('is limited by network, as guesses of passwords are', async () => {
    const begun = await begin()
    forged.tokens = { status: 400, body: { error: 'invalid_grant' } }
    const network = ++networks
    const outcomes: unknown[] = []
    for (let i = 0; i < 60; i++) outcomes.push(outcome(await end(begun, { code: 'c', state: begun.state }, network)))
    expect(outcomes[0]).toBe('sign_in_not_valid')
    expect(outcomes.at(-1)).toBe('too_many_guesses')
    await answerWith(claimsFor(begun))
    expect(outcome(await end(begun, { code: 'c', state: begun.state }))).toBe('signed in')
  })

  test('returns to pages of Muster only', async () => {
    for (const [return_to, expected] of [
      ['/devices/x?y=z', '/devices/x?y=z'],
      ['//evil.example', '/'],
      ['/\\evil.example', '/'],
      ['https://evil.example', '/'],
      ['/api/docs', '/'],
      ['/devices/../api', '/'],
      ['@evil.example', '/'],
      ['/devices\r\nx: y', '/'],
      [`/devices/${'x'.repeat(2000)}`, '/'],
    ] as const) {
      const begun = await begin('company', `?${new URLSearchParams({ return: return_to })}`)
      await answerWith(claimsFor(begun))
      const { headers } = await end(begun, { code: 'c', state: begun.state })
      expect([return_to, headers.get('location')]).toEqual([return_to, server.url + expected])
    }
  })
})

describe('a provider', () => {
  test('that names another issuer than the configured one is refused', async () => {
    const fresh = await server.tenant()
    await addProvider(fresh, forged.issuer)
    forged.metadata = { issuer: other.issuer }
    const { next = '' } = await openVisitor().send(startOf(server, { ...fresh, id: 'company' }))
    expect(failureIn(next)).toBe('sign_in_provider_unavailable')
    const check = async () => (await fresh.api.post(`${USERADM}/sign_in_providers/company/check`)).body.problem
    expect(await check()).toBe(`The sign-in provider cannot be used: it calls itself ${other.issuer}.`)
    forged.metadata = {}
    await fresh.api.put(`${USERADM}/sign_in_providers/company`, providerOf(`${forged.issuer}/realms/nosuch`))
    expect(await check()).toBe('The sign-in provider cannot be used: it responded with 404.')
  })

  test('whose addresses are not public is not asked, unless the configuration allows it', async () => {
    await using strict = await startServer()
    const { api } = await strict.tenant()
    await addProvider({ api }, forged.issuer)
    const asked = forged.asked.length
    const { body } = await api.post(`${USERADM}/sign_in_providers/company/check`)
    expect(forged.asked.length).toBe(asked)
    expect(body).toEqual({ works: false, problem: expect.stringContaining('MUSTER_SIGN_IN_ALLOW does not have it') })
  })

  test('that does not respond costs five seconds, and nobody else anything', async () => {
    const slow = await server.tenant()
    await addProvider(slow, other.issuer)
    other.delay_ms = 60_000
    const started = performance.now()
    let isOver = false
    const waiting = openVisitor()
      .send(startOf(server, { ...slow, id: 'company' }))
      .finally(() => {
        isOver = true
      })
    expect((await openApi(server.url).get(`${OPTIONS}?tenant=${slow.tenant_id}`)).status).toBe(200)
    expect(isOver).toBe(false)
    expect(failureIn((await waiting).next ?? '')).toBe('sign_in_provider_unavailable')
    expect(performance.now() - started).toBeLessThan(other.delay_ms)
    other.delay_ms = 0
  })
})

describe('a logout token', () => {
  const EVENT = 'http://schemas.openid.net/event/backchannel-logout'
  const tokenFor = (sid: string) => ({
    ...{ iss: forged.issuer, aud: CLIENT_ID, iat: now_s(), exp: now_s() + 2 * MINUTE_S, jti: randomUUID() },
    ...{ sid, events: { [EVENT]: {} } },
  })
  const report = async (logout_token: string, id = 'company', network?: number) => {
    const response = await fetch(startOf(server, place(id)).replace(/start$/, 'backchannel_logout'), {
      ...{ method: 'POST', body: new URLSearchParams({ logout_token }), headers: from(network) },
    })
    return { status: response.status, text: await response.text() }
  }
  async function open(sid: string, sub = 'ada') {
    const begun = await begin()
    await answerWith({ ...claimsFor(begun), sub, email: `${sub}@company.example`, sid })
    expect(outcome(await end(begun, { code: 'c', state: begun.state }))).toBe('signed in')
    return begun.visitor
  }
  const isIn = async (visitor: Visitor) => (await sessionOf(server, visitor)).status === 200

  test('ends the session that it names, once, and none that begins later by another', async () => {
    const [one, two] = [await open('sid-1'), await open('sid-2')]
    const claims = tokenFor('sid-1')
    const token = await forged.sign(claims)
    expect(await report(token)).toEqual({ status: 200, text: '' })
    expect([await isIn(one), await isIn(two)]).toEqual([false, true])
    expect(await report(token)).toMatchObject({ status: 400, text: expect.stringContaining('used before') })
    // A sign-in of the session that has ended comes too late.
    const begun = await begin()
    await answerWith({ ...claimsFor(begun), sid: 'sid-1' })
    expect(outcome(await end(begun, { code: 'c', state: begun.state }))).toBe('sign_in_expired')
  })

  test('of a subject ends all its sessions by this provider, no password session and no access token', async () => {
    const [one, two, stranger] = [await open('s1', 'bob'), await open('s2', 'bob'), await open('s3', 'eve')]
    const { csrf_token } = (await sessionOf(server, one)).body
    const headers = { 'x-csrf-token': csrf_token, 'content-type': 'application/json' }
    const tokens = `${server.url}${USERADM}/settings/tokens`
    const made = await one.send(tokens, { method: 'POST', headers, body: '{"name":"ci","expires_in":3600}' })
    const { sid: _, ...claims } = tokenFor('')
    expect((await report(await forged.sign({ ...claims, sub: 'bob' }))).status).toBe(200)
    expect([await isIn(one), await isIn(two), await isIn(stranger)]).toEqual([false, false, true])
    expect((await openApi(server.url, made.text).get(`${USERADM}/users/me`)).status).toBe(200)
    expect((await tenant.api.get(`${USERADM}/users/me`)).status).toBe(200)
  })

  test.each<[string, object, { forged?: boolean }?]>([
    ['is signed by somebody else', {}, { forged: true }],
    ['has another issuer', { iss: 'https://evil.example' }],
    ['has another audience', { aud: 'another' }],
    ['has a nonce, as an ID token', { nonce: 'n' }],
    ['has no events', { events: undefined }],
    ['has another event', { events: { 'http://other': {} } }],
    ['has no jti', { jti: undefined }],
    ['names nobody', { sid: undefined }],
    ['names what cannot be stored', { sid: 'a\u0000' }],
    ['has expired', { exp: now_s() - 5 * MINUTE_S }],
    ['is too old', { iat: now_s() - 20 * MINUTE_S }],
    ['is from the future', { iat: now_s() + 20 * MINUTE_S }],
    ['has no time', { iat: undefined }],
  ])('that %s is rejected, and ends nothing', async (_what, changed, options) => {
    const sid = randomUUID()
    const visitor = await open(sid)
    const { status, text } = await report(await forged.sign({ ...tokenFor(sid), ...changed }, options))
    expect([status, JSON.parse(text).code]).toEqual([400, 'logout_token_not_valid'])
    expect(await isIn(visitor)).toBe(true)
  })

  test('is valid at its own provider only', async () => {
    const sid = randomUUID()
    const visitor = await open(sid)
    expect((await report(await forged.sign(tokenFor(sid)), 'other')).status).toBe(400)
    expect((await report(await forged.sign(tokenFor(sid)), 'none')).status).toBe(404)
    expect(await isIn(visitor)).toBe(true)
  })

  test('that is none at all is rejected, and so many of a network are limited', async () => {
    const network = ++networks
    const statuses: number[] = []
    for (const text of ['', 'x', 'x.y.z', ...Array.from({ length: 60 }, () => 'nonsense')])
      statuses.push((await report(text, 'company', network)).status)
    expect([statuses.slice(0, 3), statuses.at(-1)]).toEqual([[400, 400, 400], 429])
    const url = startOf(server, place()).replace(/start$/, 'backchannel_logout')
    const response = await fetch(url, { method: 'POST', headers: from() })
    expect(response.status).toBe(400)
  })
})
