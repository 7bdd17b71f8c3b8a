import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { CLAIM_MS, hashKey, KEPT_MS } from '../../src/events/idempotency/creation.ts'
import { pruneKeys } from '../../src/events/idempotency/prune-keys.ts'
import { ARTIFACTS, buildArtifact, noise } from '../support/artifact.ts'
import { inventoryTerm, V1 } from '../support/deploy.ts'
import { readPaths } from '../support/document.ts'
import { useServer, useTenant } from '../support/fixtures.ts'
import { bodyIn, pathIn, type Route, readRoutes, type Schema } from '../support/routes.ts'
import { addUser } from '../support/users.ts'
import { makeWorld, type World } from '../support/world.ts'

const FILTERS = '/api/management/v2/inventory/filters'
const M = '/api/management'
const server = useServer()
const tenant = useTenant(server)

const withKey = (key: string) => ({ 'idempotency-key': key })
const filterBody = (name: string = randomUUID()) => ({ name, terms: [inventoryTerm('foo', 'foo')] })
const locationOf = ({ headers }: { headers: Headers }) => headers.get('location')

/** Every creation is in the audit log. */
const eventCount = async (tenant_id: string) =>
  (await server.env.db.first<{ event_count: number }>(sql`
    select event_count from tenants where tenant_id = ${tenant_id}`))!.event_count

/** Every POST that takes no key, by the reason. */
const NOT_CREATING: Readonly<Record<string, readonly string[]>> = {
  'only reads': [
    ...['listDeploymentStatistics', 'previewDeployment', 'searchDevices', 'searchInventory', 'searchIdentities'],
    ...['checkSignInProvider', 'pollForUpdate', 'pollForUpdateV2'],
  ],
  'leaves the same state however often it is sent': [
    ...['replaceTenantSettings', 'replaceUserSettings', 'enableTwoFactor', 'disableTwoFactor', 'logOut'],
    ...['pinDevices', 'unpinDevices', 'changeDevices', 'requestConfigData', 'redeliverEvent'],
    ...['continueDeployment', 'continueDevice', 'pauseDeployment', 'resumeDeployment', 'approvePhase', 'openGate'],
  ],
  'is of a device, which repeats what it has to say': [
    ...['requestDeviceToken', 'sendDdiFeedback', 'sendDdiCancelFeedback'],
  ],
  'is sent by somebody who is not signed in, or sends the same e-mail again': [
    ...['logIn', 'signIn', 'startPasswordReset', 'completePasswordReset'],
    ...['startEmailVerification', 'completeEmailVerification'],
  ],
}

describe('each route that creates', () => {
  let world: World
  let routes: Route[]
  /** Routes whose answers have a secret. */
  const SECRET = [
    `POST ${M}/v1/useradm/settings/tokens`,
    `POST ${M}/v2/ddi/gateway_tokens`,
    `POST ${M}/v2/ddi/devices`,
    `POST ${M}/v2/ddi/devices/{id}/target_token`,
  ]
  /** It answers with a body, as Mender's does. */
  const DEPLOY = `POST ${M}/v1/deviceconfig/configurations/device/{device}/deploy`
  const UPLOADS = [`POST ${ARTIFACTS}`, `POST ${ARTIFACTS}/generate`]
  beforeAll(async () => {
    world = await makeWorld(server)
    const api = world.tenant.api
    // A deployment leaves out what is pinned.
    await api.post(`${M}/v2/deployments/deployments/devices/unpin`, { device_ids: [world.pending.id] })
    const paths = await readPaths(api)
    const operationOf = ({ path, method }: Route): Schema => (paths as Schema)[path][method.toLowerCase()]
    const all = (await readRoutes(api)).filter(({ method }) => method === 'POST')
    const others = Object.values(NOT_CREATING).flat()
    routes = all.filter((route) => !others.includes(operationOf(route).operationId))
    expect(all.length - routes.length).toBe(others.length)
    const documented = all.filter((route) =>
      operationOf(route).parameters?.some((one: Schema) => one.in === 'header' && one.name === 'idempotency-key'),
    )
    expect(documented.map(({ name }) => name)).toEqual(routes.map(({ name }) => name))
    expect(routes.map(({ name }) => name)).toEqual(expect.arrayContaining([...SECRET, ...UPLOADS, DEPLOY]))
  })

  test('creates once for a key, and repeats its answer', async () => {
    const { api, tenant_id } = world.tenant
    for (const route of routes.filter(({ name }) => !UPLOADS.includes(name))) {
      const headers = withKey(randomUUID())
      const [path, same] = [pathIn(world, route), bodyIn(world, route) as object]
      const send = (body = same) => api.post(path, body, headers)
      const first = await send()
      const isSecret = SECRET.includes(route.name)
      const hasBody = isSecret || route.name === DEPLOY
      expect([route.name, first.status, first.text]).toEqual([
        route.name,
        [SECRET[0], DEPLOY].includes(route.name) ? 200 : 201,
        hasBody ? expect.stringMatching(/./) : '',
      ])
      const before = await eventCount(tenant_id)
      const again = await send()
      if (isSecret) {
        expect([route.name, again]).toMatchObject([route.name, { status: 409, body: { code: 'secret_not_stored' } }])
        expect(first.text + locationOf(first) + api.token).toEqual(expect.any(String))
        expect([route.name, again.body.created_id]).toEqual([route.name, expect.stringMatching(/^[0-9a-f-]{36}$/)])
      } else {
        expect([route.name, again.status, again.text, locationOf(again)]).toEqual([
          ...[route.name, first.status, first.text, locationOf(first)],
        ])
        expect([route.name, locationOf(first) ?? first.body.deployment_id]).toEqual([
          ...[route.name, expect.stringMatching(/./)],
        ])
      }
      const { name } = same as { name?: unknown }
      const other = await send({
        ...same,
        ...(typeof name === 'string' ? { name: `${name} 2` } : { another: 'member' }),
      })
      expect([route.name, other]).toMatchObject([route.name, { status: 422, body: { code: 'idempotency_key_reused' } }])
      expect([route.name, await eventCount(tenant_id)]).toEqual([route.name, before])
    }
    expect(routes.length).toBeGreaterThanOrEqual(15)
  })

  test.each([
    ['', 'artifact'],
    ['/generate', 'file'],
  ])('%s: an upload is digested as it arrives', async (path, part) => {
    const { api, tenant_id } = world.tenant
    const key = randomUUID()
    const name = `upload-${key}`
    const file = path === '' ? await buildArtifact({ name }) : noise(300_000)
    const fields =
      path === ''
        ? { description: 'first' }
        : { name, device_types_compatible: 'board', type: 'single_file', args: '{"dest_dir":"/tmp","filename":"f"}' }
    const send = (bytes: Buffer, others: Record<string, string> = {}) => {
      const form = new FormData()
      for (const [field, value] of Object.entries({ ...fields, ...others })) form.set(field, value)
      form.set(part, new Blob([new Uint8Array(bytes)]), 'upload.mender')
      return api.post(ARTIFACTS + path, form, withKey(key))
    }
    const first = await send(file)
    expect(first).toMatchObject({ status: 201, text: '' })
    const before = await eventCount(tenant_id)
    const files = await server.filesOf(tenant_id)
    const again = await send(file)
    expect([again.status, locationOf(again)]).toEqual([201, locationOf(first)])
    const changed = Buffer.concat([file.subarray(0, -1), Buffer.from([7])])
    for (const other of [await send(changed), await send(file, { description: 'second' })])
      expect(other).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } })
    expect(await eventCount(tenant_id)).toBe(before)
    expect((await server.filesOf(tenant_id)).sort()).toEqual(files.sort())
  })
})

test('no secret of a request or an answer is stored with a key', async () => {
  const key = `"${randomUUID()}"`
  const user = { email: `${randomUUID()}@example.com`, password: 'a password that nobody guesses' }
  expect((await tenant.api.post(`${M}/v1/useradm/users`, user, withKey(key))).status).toBe(201)
  const rows = await server.env.db.query(sql`select * from idempotency_keys where tenant_id = ${tenant.tenant_id}`)
  const text = JSON.stringify(rows)
  expect(text).toContain(hashKey(key.slice(1, -1)))
  for (const secret of [key.slice(1, -1), user.password, user.email]) expect(text).not.toContain(secret)
})

test('a key is the same in quotes and without, and one that is malformed is refused', async () => {
  const key = randomUUID()
  const body = filterBody()
  const first = await tenant.api.post(FILTERS, body, withKey(`"${key}"`))
  const again = await tenant.api.post(FILTERS, body, withKey(key))
  expect([first.status, again.status, locationOf(again)]).toEqual([201, 201, locationOf(first)])
  for (const wrong of ['', '""', '"a', 'a b', 'a, b', 'é', '"a"b', 'x'.repeat(256), `"${'x'.repeat(256)}"`])
    expect([wrong, await tenant.api.post(FILTERS, filterBody(), withKey(wrong))]).toMatchObject([
      wrong,
      { status: 400, body: { code: 'invalid_request', error: expect.stringContaining('Idempotency-Key: must be') } },
    ])
  for (const right of ['x'.repeat(255), '"a b \\"c\\""', "it's:valid/~"])
    expect([right, (await tenant.api.post(FILTERS, filterBody(), withKey(right))).status]).toEqual([right, 201])
})

test('keys belong to users: another user, or another tenant, may have the same', async () => {
  const headers = withKey(randomUUID())
  const other = await addUser(server, tenant, ['RBAC_ROLE_PERMIT_ALL'])
  const elsewhere = await server.tenant()
  const answers = []
  for (const api of [tenant.api, other.api, elsewhere.api]) answers.push(await api.post(FILTERS, filterBody(), headers))
  expect(answers.map(({ status }) => status)).toEqual([201, 201, 201])
  expect(new Set(answers.map(locationOf)).size).toBe(3)
})

test('a request that is refused leaves its key free, whether it is not valid or in conflict', async () => {
  const headers = withKey(randomUUID())
  const { name } = filterBody('taken')
  expect((await tenant.api.post(FILTERS, filterBody(name))).status).toBe(201)
  expect((await tenant.api.post(FILTERS, { name: '' }, headers)).status).toBe(400)
  expect((await tenant.api.post(FILTERS, filterBody(name), headers)).status).toBe(409)
  expect((await tenant.api.post(ARTIFACTS, 'x', { ...headers, 'content-type': 'text/plain' })).status).toBe(415)
  expect((await tenant.api.post(FILTERS, filterBody(), headers)).status).toBe(201)
})

const signal = (): [Promise<void>, () => void] => {
  let resolve = () => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return [promise, () => resolve()]
}

/** Keeps a request that saves a filter of this name waiting in its transaction, until `release`. */
async function holdName(name: string) {
  const [released, release] = signal()
  const [held, hold] = signal()
  const ended = server.env.db
    .transaction(async (tx) => {
      await tx.query(sql`
        insert into filters (tenant_id, id, name, terms, created_ts)
        values (${tenant.tenant_id}, ${randomUUID()}, ${name}, '[]', now())`)
      hold()
      await released
      throw new Error('undone')
    })
    .catch(() => {})
  await held
  return () => {
    release()
    return ended
  }
}

const claimed = (key: string) =>
  expect
    .poll(() => server.env.db.first(sql`select 1 from idempotency_keys where key_sha256 = ${hashKey(key)}`))
    .toBeDefined()
const named = (name: string) =>
  server.env.db.query(sql`select id from filters where tenant_id = ${tenant.tenant_id} and name = ${name}`)

test('while the first request with a key is in progress, another one is refused, and so is another body', async () => {
  const key = randomUUID()
  const body = filterBody()
  const release = await holdName(body.name)
  const first = tenant.api.post(FILTERS, body, withKey(key))
  await claimed(key)
  expect(await tenant.api.post(FILTERS, body, withKey(key))).toMatchObject({
    ...{ status: 409, body: { code: 'idempotency_key_in_use' } },
  })
  expect(await tenant.api.post(FILTERS, filterBody(), withKey(key))).toMatchObject({
    ...{ status: 422, body: { code: 'idempotency_key_reused' } },
  })
  await release()
  const { status, headers } = await first
  expect(status).toBe(201)
  const again = await tenant.api.post(FILTERS, body, withKey(key))
  expect([again.status, locationOf(again)]).toEqual([201, headers.get('location')])
  expect(await named(body.name)).toHaveLength(1)
})

test('a request whose key was taken over in the meantime creates nothing', async () => {
  const key = randomUUID()
  const body = filterBody()
  const release = await holdName(body.name)
  const late = tenant.api.post(FILTERS, body, withKey(key))
  await claimed(key)
  await server.env.db.query(sql`
    update idempotency_keys set claim = 'of another' where key_sha256 = ${hashKey(key)}`)
  await release()
  expect(await late).toMatchObject({ status: 409, body: { code: 'idempotency_key_in_use' } })
  expect(await named(body.name)).toHaveLength(0)
})

test('the key of a request that was killed is refused until its claim ends, and can then be used', async () => {
  const key = randomUUID()
  const body = filterBody()
  const { tenant_id, api } = tenant
  expect((await api.post(FILTERS, body, withKey(key))).status).toBe(201)
  // As a kill before the commit leaves it.
  await server.env.db.query(sql`delete from filters where tenant_id = ${tenant_id} and name = ${body.name}`)
  await server.env.db.query(sql`update idempotency_keys set created_id = null where key_sha256 = ${hashKey(key)}`)
  expect(await api.post(FILTERS, body, withKey(key))).toMatchObject({ status: 409 })
  server.advance(CLAIM_MS + 1000)
  expect((await api.post(FILTERS, body, withKey(key))).status).toBe(201)
  expect(await named(body.name)).toHaveLength(1)
})

test('a deployment to a long list of devices is created once for a key', async () => {
  const { api, tenant_id } = tenant
  const form = new FormData()
  form.set('artifact', new Blob([new Uint8Array(await buildArtifact({ name: 'release-1' }))]), 'a.mender')
  expect((await api.post(ARTIFACTS, form)).status).toBe(201)
  const devices = Array.from({ length: 60_000 }, () => randomUUID())
  const headers = withKey(randomUUID())
  const send = (ids: string[]) => api.post(V1, { name: 'long', artifact_name: 'release-1', devices: ids }, headers)
  const first = await send(devices)
  expect(first.status).toBe(201)
  const again = await send(devices)
  expect([again.status, locationOf(again)]).toEqual([201, locationOf(first)])
  expect((await send(devices.slice(1))).status).toBe(422)
  const rows = await server.env.db.query(
    sql`select 1 from deployments where tenant_id = ${tenant_id} and name = 'long'`,
  )
  expect(rows).toHaveLength(1)
})

test('a key is forgotten after a day, and its row is removed', async () => {
  const headers = withKey(randomUUID())
  const { tenant_id, api } = await server.tenant()
  const body = () => filterBody()
  expect((await api.post(FILTERS, body(), headers)).status).toBe(201)
  const rows = () => server.env.db.query(sql`select 1 from idempotency_keys where tenant_id = ${tenant_id}`)
  const { signal } = new AbortController()
  await pruneKeys(server.env, signal)
  expect(await rows()).toHaveLength(1)
  server.advance(KEPT_MS + CLAIM_MS)
  expect((await api.post(FILTERS, body(), headers)).status).toBe(201)
  await pruneKeys(server.env, signal)
  const left = await rows()
  expect(left).toHaveLength(1)
  server.advance(2 * KEPT_MS)
  await pruneKeys(server.env, signal)
  expect(await rows()).toHaveLength(0)
})
