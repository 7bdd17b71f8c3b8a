import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { openApi } from '../support/api.ts'
import {
  AUTH,
  authenticates,
  authOf,
  claimsOf,
  ec,
  ed25519,
  type Keys,
  newIdentity,
  pem,
  rsa,
  signed,
} from '../support/auth.ts'
import { useServer, useTenant } from '../support/fixtures.ts'

const server = useServer()
const tenant = useTenant(server)
let auth: ReturnType<typeof authOf>
beforeAll(async () => {
  auth = authOf(server, tenant)
})

describe('a request for authentication', () => {
  test.each<[string, () => Keys]>([
    ['RSA 1024', () => rsa(1024)],
    ['RSA 3072', () => rsa(3072)],
    ['EC P-224', () => ec('P-224')],
    ['EC P-256', () => ec('P-256')],
    ['EC P-384', () => ec('P-384')],
    ['EC P-521', () => ec('P-521')],
    ['Ed25519', ed25519],
  ])('signed with %s creates a pending device, and a wrong signature creates none', async (_name, make) => {
    const keys = make()
    const identity = newIdentity()
    const wrong = await auth.ask({ publicKey: keys.publicKey, privateKey: make().privateKey }, identity)
    expect(wrong).toMatchObject({ status: 401, body: { error: 'signature verification failed' } })
    expect(await auth.deviceWith(identity)).toBeUndefined()

    expect(await auth.ask(keys, identity)).toMatchObject({ status: 401, body: { error: 'dev auth: unauthorized' } })
    const device = await auth.deviceWith(identity)
    expect(device).toMatchObject({ status: 'pending', identity_data: identity, decommissioning: false })
    expect(device.auth_sets).toEqual([
      { id: expect.any(String), identity_data: identity, pubkey: pem(keys), ts: device.created_ts, status: 'pending' },
    ])
  })

  test('is rejected if one byte of the body differs from the signed body', async () => {
    const keys = rsa(2048)
    const body = JSON.stringify({ id_data: '{"mac":"2"}', pubkey: pem(keys), tenant_token: tenant.tenant_token })
    const headers = { 'x-men-signature': signed(keys, body) }
    const post = async (sent: string) => (await openApi(server.url).post(AUTH, sent, headers)).body.error
    expect(await post(`${body}\n`)).toBe('signature verification failed')
    expect(await post(body)).toBe('dev auth: unauthorized')
  })

  test('returns to an accepted device a bare token of type application/jwt with its identity', async () => {
    const os = await server.tenant('os')
    const { id, set_id, keys, identity } = await authOf(server, os).admitted()
    const response = await authOf(server, os).ask(keys, identity)
    expect(response.headers.get('content-type')).toBe('application/jwt')
    expect(response.text).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/)
    const claims = claimsOf(response.text)
    expect(claims).toMatchObject({
      ...{ jti: set_id, sub: id, iss: 'Mender', iat: expect.any(Number), exp: claims.iat + 604_800 },
      ...{ 'mender.tenant': os.tenant_id, 'mender.device': true, 'mender.plan': 'os', 'mender.trial': false },
    })
  })

  test('with the identity in another order is the same device; a new key is a new auth set', async () => {
    const first = await auth.waiting(ed25519(), { serial: randomUUID(), at: { b: 1, a: [1, 'x'] } })
    const { serial } = first.identity as { serial: string }
    await auth.ask(first.keys, { at: { a: [1, 'x'], b: 1 }, serial })
    await auth.ask(ec('P-256'), { at: { a: [1, 'x'], b: 1 }, serial })
    await auth.ask(first.keys, { at: { a: ['x', 1], b: 1 }, serial })
    const devices = (await auth.devices()).filter(({ identity_data }) => identity_data.serial === serial)
    expect(devices.map(({ auth_sets }) => auth_sets.length).sort()).toEqual([1, 2])
  })

  test('recognizes a key in PKCS #1, without its last newline and with CRLF', async () => {
    const keys = rsa(2048)
    const { identity, id } = await auth.waiting(keys)
    const pkcs1 = keys.publicKey.export({ type: 'pkcs1', format: 'pem' }).toString()
    for (const pubkey of [pkcs1, pem(keys).trimEnd(), `${pem(keys)}\n\n`, pem(keys).replaceAll('\n', '\r\n')])
      expect((await auth.ask(keys, identity, { pubkey })).body.error).toBe('dev auth: unauthorized')
    const { body } = await tenant.api.get(`/api/management/v2/devauth/devices/${id}`)
    expect(body.auth_sets).toMatchObject([{ pubkey: pem(keys) }])
  })

  test('of a pending device writes nothing when it is repeated', async () => {
    const { keys, identity, id } = await auth.waiting()
    const rows = () =>
      server.env.db.query(sql`
        select d.xmin::text as device, s.xmin::text as auth_set, d.device_version, d.updated_ts
        from devices d join auth_sets s on s.tenant_id = d.tenant_id and s.device_id = d.id where d.id = ${id}`)
    const before = await rows()
    server.advance(1000)
    for (let i = 0; i < 5; i++) expect((await auth.ask(keys, identity)).status).toBe(401)
    expect(await rows()).toEqual(before)
  })

  test('stores the identity as filterable attributes of the scope identity', async () => {
    const { id } = await auth.waiting(ed25519(), {
      ...{ mac: 'm', port: 8, tags: ['a', 'b'], sizes: [1, 2], __proto__: null },
      ...{ mixed: ['a', 1], deep: { x: 1 }, on: true, none: null, id: 'mine', status: 'mine' },
    })
    expect(await server.env.db.query(sql`select attributes from devices where id = ${id}`)).toEqual([
      { attributes: { identity: { mac: 'm', port: 8, tags: ['a', 'b'], sizes: [1, 2] } } },
    ])
  })

  test('with an unknown tenant token, or none, belongs to the default tenant', async () => {
    const identity = newIdentity()
    const keys = ed25519()
    for (const tenant_token of [undefined, '', null, 'x', 'a.b.c', `${tenant.tenant_token}x`])
      expect((await auth.ask(keys, identity, { tenant_token })).status).toBe(401)
    expect(await auth.deviceWith(identity)).toBeUndefined()
    const stored = await server.env.db.query(sql`
      select t.is_default from devices d join tenants t using (tenant_id)
      where d.identity_data = ${JSON.stringify(identity)}`)
    expect(stored).toEqual([{ is_default: true }])
  })

  test('does not accept a user token as a tenant token', async () => {
    const identity = newIdentity()
    await auth.ask(ed25519(), identity, { tenant_token: tenant.api.token })
    expect(await auth.deviceWith(identity)).toBeUndefined()
  })

  test('ignores the Authorization header, whatever it contains', async () => {
    const keys = ed25519()
    const body = JSON.stringify({ id_data: '{"mac":"3"}', pubkey: pem(keys), tier: 'standard' })
    for (const authorization of ['Bearer', 'API_KEY', `Bearer ${tenant.tenant_token}`])
      expect(
        await openApi(server.url).post(AUTH, body, { authorization, 'x-men-signature': signed(keys, body) }),
      ).toMatchObject({ status: 401, body: { error: 'dev auth: unauthorized' } })
  })
})

describe('a malformed request for authentication', () => {
  const post = (body: string, headers = {}) => openApi(server.url).post(AUTH, body, headers)
  const good = () => ({ id_data: '{"mac":"4"}', pubkey: pem(ed25519()) })

  test('without a signature is rejected with 400', async () => {
    for (const headers of [{}, { 'x-men-signature': '' }])
      expect(await post(JSON.stringify(good()), headers)).toMatchObject({
        status: 400,
        body: { error: 'missing request signature header' },
      })
  })

  test('with a malformed signature is rejected with 401', async () => {
    for (const signature of ['!', 'AAAA', 'A'.repeat(5000), 'Zm9v Zm9v', 'Zm9v, Zm9v'])
      for (const keys of [ed25519(), ec('P-256'), rsa(1024)])
        expect(
          await post(JSON.stringify({ ...good(), pubkey: pem(keys) }), { 'x-men-signature': signature }),
        ).toMatchObject({ status: 401, body: { error: 'signature verification failed' } })
  })

  test.each<[string, string]>([
    ['failed to decode auth request: ', '{'],
    ['failed to decode auth request: ', '"\\u0000"'],
    ['Validating request body', ''],
    ['Validating request body', '[]'],
    ['Validating request body', 'null'],
    ['Validating request body: id_data: must be string', '{"id_data":{"mac":"1"},"pubkey":"x"}'],
    ['invalid auth request: id_data must be provided', '{"pubkey":"x"}'],
    ['invalid auth request: id_data must be provided', '{"id_data":"","pubkey":"x"}'],
    ['invalid auth request: pubkey must be provided', '{"id_data":"{\\"mac\\":\\"1\\"}"}'],
    ['invalid auth request: pubkey must be provided', '{"id_data":"{\\"mac\\":\\"1\\"}","pubkey":""}'],
    ['invalid auth request: cannot decode public key', '{"id_data":"{\\"mac\\":\\"1\\"}","pubkey":"garbage"}'],
    ['invalid auth request: id_data', '{"id_data":"mac","pubkey":"x"}'],
    ['invalid auth request: the identity must be a JSON object', '{"id_data":"[1]","pubkey":"x"}'],
    ['invalid auth request: the identity must be a JSON object', '{"id_data":"null","pubkey":"x"}'],
    ['invalid auth request: id_data', '{"id_data":"{\\"a\\":\\"\\\\u0000\\"}","pubkey":"x"}'],
    ['invalid auth request: id_data', '{"id_data":"{\\"\\\\ud800\\":1}","pubkey":"x"}'],
    ['invalid auth request: id_data', JSON.stringify({ id_data: `{"a":${'['.repeat(9999)}${']'.repeat(9999)}}` })],
    ['invalid auth request: the identity', JSON.stringify({ id_data: JSON.stringify({ a: 'x'.repeat(20_000) }) })],
  ])('is rejected with 400 and "%s"', async (error, body) => {
    const response = await post(body, { 'x-men-signature': 'AAAA' })
    expect(response.status).toBe(400)
    expect(response.body.error).toContain(error)
  })

  const foreign = (): [string, string][] => {
    const make = (name: string, options?: object) =>
      pem((generateKeyPairSync as unknown as (name: string, options?: object) => Keys)(name, options))
    return [
      ['RSA of 1016 bits', make('rsa', { modulusLength: 1016 })],
      ['RSA-PSS', make('rsa-pss', { modulusLength: 2048 })],
      ['DSA', make('dsa', { modulusLength: 2048, divisorLength: 256 })],
      ['X25519', make('x25519')],
      ['Ed448', make('ed448')],
      ['secp256k1', make('ec', { namedCurve: 'secp256k1' })],
      ['a private key', ed25519().privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()],
      ['half a key', pem(rsa(2048)).slice(0, 200)],
      ['nothing inside', '-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n'],
      ['a huge key', `-----BEGIN PUBLIC KEY-----\n${'A'.repeat(500_000)}\n-----END PUBLIC KEY-----\n`],
    ]
  }

  test('with a key of an unsupported type, too weak or too large is rejected with 400', async () => {
    for (const [name, pubkey] of foreign()) {
      const response = await post(JSON.stringify({ ...good(), pubkey }), { 'x-men-signature': 'AAAA' })
      expect([name, response.status, response.body.error]).toEqual([
        name,
        400,
        'invalid auth request: cannot decode public key',
      ])
    }
  })
})

describe('simultaneous requests', () => {
  test('of one identity and key, 50 at once, create one device and one auth set', async () => {
    const keys = ed25519()
    const identity = newIdentity()
    const responses = await Promise.all(Array.from({ length: 50 }, () => auth.ask(keys, identity)))
    expect(responses.map(({ body }) => body.error)).toEqual(Array(50).fill('dev auth: unauthorized'))
    const devices = (await auth.devices()).filter(({ identity_data }) => identity_data.mac === identity.mac)
    expect(devices).toHaveLength(1)
    expect(devices[0].auth_sets).toHaveLength(1)
  })

  test('of one identity with 20 keys create one device with 20 auth sets', async () => {
    const identity = newIdentity()
    const responses = await Promise.all(Array.from({ length: 20 }, () => auth.ask(ed25519(), identity)))
    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([401]))
    expect((await auth.deviceWith(identity)).auth_sets).toHaveLength(20)
  })

  test('of 12 preauthorized devices authenticate exactly as many as the limit permits', async () => {
    const limited = authOf(server, await server.tenant())
    const devices = Array.from({ length: 12 }, () => ({ keys: ed25519(), identity: newIdentity() }))
    for (const { keys, identity } of devices) expect((await limited.preauthorize(keys, identity)).status).toBe(201)
    await limited.limit(4)
    const responses = await Promise.all(devices.map(({ keys, identity }) => limited.ask(keys, identity)))
    expect(responses.filter(({ status }) => status === 200)).toHaveLength(4)
    const refused = responses.filter(({ status }) => status !== 200)
    expect(refused.map(({ status, body }) => [status, body.error])).toEqual(Array(8).fill([401, 'unauthorized']))
    expect((await limited.devices('status=preauthorized')).length).toBe(8)
  })
})

test('a suspended tenant gets no new tokens and its tokens are invalid until it is active again', async () => {
  const suspended = await server.tenant()
  const of = authOf(server, suspended)
  const { keys, identity, token } = await of.admitted()
  expect(await authenticates(server, token)).toBe(true)
  await of.setTenantStatus('suspended')
  expect(await of.ask(keys, identity)).toMatchObject({ status: 401, body: { error: 'Account suspended' } })
  expect(await of.ask(ed25519(), newIdentity())).toMatchObject({ status: 401, body: { error: 'Account suspended' } })
  expect(await authenticates(server, token)).toBe(false)
  expect((await suspended.api.get('/api/management/v2/devauth/devices')).status).toBe(401)
  await of.setTenantStatus('active')
  expect(await authenticates(server, token)).toBe(true)
  expect(await of.devices()).toHaveLength(1)
})

test('a token expires after seven days', async () => {
  const { token } = await auth.admitted()
  server.advance(7 * 24 * 3600 * 1000 - 10_000)
  expect(await authenticates(server, token)).toBe(true)
  server.advance(11_000)
  expect(await authenticates(server, token)).toBe(false)
})
