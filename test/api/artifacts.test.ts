import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { type Api, openApi } from '../support/api.ts'
import { ARTIFACTS, buildArtifact, noise, uploadFile, uploadTestArtifact } from '../support/artifact.ts'
import { useServer } from '../support/fixtures.ts'
import type { TestTenant } from '../support/server.ts'

const V2 = '/api/management/v2/deployments/artifacts'

const server = useServer()

const names = (body: { name: string }[]) => body.map(({ name }) => name)

/** A deployment inserted directly into the database; creating one is not what is tested here. */
async function deploy({ tenant_id }: TestTenant, artifact_name: string, finished: string | null) {
  const id = randomUUID()
  await server.env.db.query(sql`
    insert into deployments (tenant_id, id, name, artifact_name, created, dynamic, initial_device_count)
    values (${tenant_id}, ${id}, 'd', ${artifact_name}, clock_timestamp(), false, 1)`)
  await server.env.db.query(sql`
    insert into deployment_progress (tenant_id, deployment_id, finished) values (${tenant_id}, ${id}, ${finished})`)
}

describe('two artifacts of the same name', () => {
  test('coexist for different device types', async () => {
    const { api } = await server.tenant()
    await uploadTestArtifact(api, { name: 'r', device_types: ['a', 'b'] })
    await uploadTestArtifact(api, { name: 'r', device_types: ['c'] })
    await uploadTestArtifact(api, { name: 'r', device_types: ['a'], depends: { hw: '1' } })
    expect((await api.get(ARTIFACTS)).body).toHaveLength(3)
  })

  test.each([
    ['the same device type', { device_types: ['a'] }, { device_types: ['a'] }],
    ['one common device type', { device_types: ['a', 'b'] }, { device_types: ['b', 'c'] }],
    [
      'one common combination',
      { device_types: ['a', 'b'], depends: { hw: ['1', '2'] } },
      { device_types: ['b'], depends: { hw: '2' } },
    ],
  ])('conflict with %s, in either order', async (_what, one, other) => {
    const { api, tenant_id } = await server.tenant()
    await uploadTestArtifact(api, { name: 'r', ...one })
    const response = await uploadFile(api, await buildArtifact({ name: 'r', ...other }))
    expect(response).toMatchObject({
      status: 409,
      body: {
        error: 'an artifact with the same name and depends already exists',
        metadata: { conflict: { artifact_name: 'r', depends: { device_type: other.device_types } } },
        request_id: expect.any(String),
      },
    })
    expect(await server.filesOf(tenant_id)).toHaveLength(1)
    const { body } = await (await server.tenant()).api.get(ARTIFACTS)
    expect(body).toEqual([])
  })

  test('uploaded at the same time: only the first to commit succeeds', async () => {
    const { api, tenant_id } = await server.tenant()
    const file = await buildArtifact({ name: 'race', device_types: ['a', 'b', 'c'] })
    const responses = await Promise.all(Array.from({ length: 8 }, () => uploadFile(api, file)))
    expect(responses.map(({ status }) => status).sort()).toEqual([201, ...Array(7).fill(409)])
    expect(await server.filesOf(tenant_id)).toHaveLength(1)
    expect((await api.get(ARTIFACTS)).body).toHaveLength(1)
  })

  test('are rejected if their depends have too many combinations to compare', async () => {
    const { api, tenant_id } = await server.tenant()
    const many = Array.from({ length: 40 }, (_, i) => String(i))
    const file = await buildArtifact({ depends: { a: many, b: many } })
    expect(await uploadFile(api, file)).toMatchObject({ status: 422, body: { error: expect.stringContaining('1000') } })
    expect(await server.filesOf(tenant_id)).toEqual([])
  })
})

describe('lists of artifacts', () => {
  let api: Api
  beforeAll(async () => {
    api = (await server.tenant()).api
    for (const [name, type, description] of [
      ['alpha', 'x', 'One'],
      ['beta*', 'y', 'two'],
      ['beta-2', 'x', 'three %'],
    ] as const) {
      await uploadTestArtifact(api, { name, device_types: [type], description })
      server.advance(1000)
    }
  })

  test.each([
    ['', ['beta-2', 'beta*', 'alpha']],
    ['?name=BETA', ['beta-2', 'beta*']],
    ['?name=%25', []],
    ['?description=one', ['alpha']],
    ['?description=%25', ['beta-2']],
    ['?device_type=x', ['beta-2', 'alpha']],
    ['?device_type=X', []],
    ['?name=&description=&device_type=', ['beta-2', 'beta*', 'alpha']],
  ])('all%s', async (query, expected) => {
    const { status, body } = await api.get(ARTIFACTS + query)
    expect([status, names(body)]).toEqual([200, expected])
    expect(names((await api.get(`${ARTIFACTS}/list${query}`)).body)).toEqual(expected)
  })

  test('are paginated, with the total and links', async () => {
    const { headers, body } = await api.get(`${ARTIFACTS}/list?sort=name:asc&per_page=2&name=a`)
    expect([names(body), headers.get('x-total-count')]).toEqual([['alpha', 'beta*'], '3'])
    expect(headers.get('link')).toContain(`<${ARTIFACTS}/list?name=a&page=2&per_page=2&sort=name%3Aasc>; rel="next"`)
    const beyond = await api.get(`${ARTIFACTS}/list?page=9`)
    expect([beyond.status, beyond.body, beyond.headers.get('x-total-count')]).toEqual([200, [], '3'])
    expect(names((await api.get(`${ARTIFACTS}/list?sort=modified:asc`)).body)).toEqual(['alpha', 'beta*', 'beta-2'])
  })

  test.each(['sort=size', 'sort=name:up', 'page=0', 'per_page=501', 'page=x'])('reject %s', async (query) => {
    expect(await api.get(`${ARTIFACTS}/list?${query}`)).toMatchObject({
      status: 400,
      body: { error: expect.stringMatching(/query|per_page/) },
    })
  })

  test.each([
    ['', ['beta-2', 'beta*', 'alpha']],
    ['?name=alpha&name=beta-2', ['beta-2', 'alpha']],
    ['?name=alp', []],
    ['?name=alp*', ['alpha']],
    ['?name=beta*', ['beta-2', 'beta*']],
    ['?name=beta%5C*', ['beta*']],
    ['?name=beta%5C**', ['beta*']],
    ['?name=BETA*', ['beta-2', 'beta*']],
    ['?description=one', []],
    ['?description=One', ['alpha']],
    ['?description=o', []],
    ['?description=O*', ['alpha']],
    ['?description=ne*', []],
    ['?device_type=x', ['beta-2', 'alpha']],
    ['?device_type=X', []],
    ['?device_type=X*', ['beta-2', 'alpha']],
    ['?device_type=*', ['beta-2', 'beta*', 'alpha']],
    ['?device_type=x%5C*', []],
    ['?name=beta*&device_type=x&description=&sort=', ['beta-2']],
    ['?name=*', ['beta-2', 'beta*', 'alpha']],
  ])('v2 %s', async (query, expected) => {
    const { body, headers } = await api.get(V2 + query)
    expect([names(body), headers.get('x-total-count')]).toEqual([expected, String(expected.length)])
  })

  test.each([
    ['name=a&name=b*', 'invalid filter: cannot filter by both exact names and name prefix'],
    ['name=a*&name=b*', 'invalid filter: cannot filter by more than one name prefix'],
    [Array.from({ length: 101 }, (_, i) => `name=${i}`).join('&'), 'invalid filter: at most 100 names'],
  ])('v2 reject %.20s', async (query, error) => {
    expect(await api.get(`${V2}?${query}`)).toMatchObject({ status: 400, body: { error } })
  })

  test('accept a NUL in the query', async () => {
    expect((await api.get(`${ARTIFACTS}?name=%00`)).status).toBe(400)
  })
})

describe('one artifact', () => {
  test('is 400 for an id that is not a UUID, 404 for an unknown id and for an artifact of another tenant', async () => {
    const [mine, other] = [await server.tenant(), await server.tenant()]
    const id = await uploadTestArtifact(mine.api)
    for (const [path, send] of [
      ['', (api: Api, url: string) => api.get(url)],
      ['/download', (api: Api, url: string) => api.get(url)],
      ['', (api: Api, url: string) => api.put(url, { description: 'x' })],
      ['', (api: Api, url: string) => api.delete(url)],
    ] as const) {
      const at = (which: string) => `${ARTIFACTS}/${which}${path}`
      expect(await send(other.api, at('x'))).toMatchObject({ status: 400, body: { error: 'ID is not a valid UUID' } })
      const missing = { status: 404, body: { error: 'Resource not found' } }
      expect(await send(other.api, at(randomUUID()))).toMatchObject(missing)
      expect(await send(other.api, at(id))).toMatchObject(missing)
    }
    expect((await mine.api.get(`${ARTIFACTS}/${id.toUpperCase()}`)).body.id).toBe(id)
  })

  test('can change its description until a deployment has used it', async () => {
    const tenant = await server.tenant()
    const id = await uploadTestArtifact(tenant.api, { name: 'used' })
    const put = (body: unknown) => tenant.api.put(`${ARTIFACTS}/${id}`, body)
    expect(await put({ description: 'changed' })).toMatchObject({ status: 204, text: '' })
    expect((await tenant.api.get(`${ARTIFACTS}/${id}`)).body.description).toBe('changed')
    expect((await put({ description: 1 })).status).toBe(400)
    expect((await put('[')).status).toBe(400)
    await deploy(tenant, 'used', new Date().toISOString())
    expect(await put({ description: 'again' })).toMatchObject({
      status: 422,
      body: { error: 'Image has already been used in deployment' },
    })
    expect((await tenant.api.get(`${ARTIFACTS}/${id}`)).body.description).toBe('changed')
  })

  test('is deleted with its file, but not while an unfinished deployment uses it', async () => {
    const tenant = await server.tenant()
    const id = await uploadTestArtifact(tenant.api, { name: 'held' })
    const free = await uploadTestArtifact(tenant.api, { name: 'free' })
    await deploy(tenant, 'held', null)
    await deploy(tenant, 'free', new Date().toISOString())
    expect(await tenant.api.delete(`${ARTIFACTS}/${id}`)).toMatchObject({
      status: 409,
      body: { error: 'Artifact is used in active deployment', active_deployments: [expect.any(String)] },
    })
    expect(await tenant.api.delete(`${ARTIFACTS}/${free}`)).toMatchObject({ status: 204, text: '' })
    expect((await tenant.api.delete(`${ARTIFACTS}/${free}`)).status).toBe(404)
    expect(await server.filesOf(tenant.tenant_id)).toEqual([id])
    expect(names((await tenant.api.get(ARTIFACTS)).body)).toEqual(['held'])
  })

  test('can be uploaded again after it was deleted', async () => {
    const { api } = await server.tenant()
    await api.delete(`${ARTIFACTS}/${await uploadTestArtifact(api)}`)
    expect(await uploadTestArtifact(api)).toMatch(/^[0-9a-f-]{36}$/)
  })
})

test('the storage limit returns the size of the files', async () => {
  const { api } = await server.tenant()
  const limit = '/api/management/v1/deployments/limits'
  expect((await api.get(`${limit}/storage`)).body).toEqual({ limit: 0, usage: 0 })
  const file = await buildArtifact({ payloads: [{ files: { a: noise(20_000) } }] })
  await uploadFile(api, file)
  expect((await api.get(`${limit}/storage`)).body).toEqual({ limit: 0, usage: file.length })
  expect(await api.get(`${limit}/x`)).toMatchObject({ status: 400, body: { error: 'unsupported limit x' } })
})

test('every request without a login is rejected', async () => {
  const api = openApi(server.url)
  for (const path of [ARTIFACTS, `${ARTIFACTS}/list`, V2, `${ARTIFACTS}/${randomUUID()}`])
    expect((await api.get(path)).status).toBe(401)
})
