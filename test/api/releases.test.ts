import { beforeAll, describe, expect, test } from 'vitest'
import type { Api } from '../support/api.ts'
import { ARTIFACTS, uploadTestArtifact } from '../support/artifact.ts'
import { useServer } from '../support/fixtures.ts'

const V1 = '/api/management/v1/deployments/deployments/releases'
const V2 = '/api/management/v2/deployments/deployments/releases'

const server = useServer()
let api: Api
beforeAll(async () => {
  const tenant = await server.tenant()
  api = tenant.api
  await uploadTestArtifact(api, { name: 'app-1', device_types: ['a'], description: 'Fast' })
  await uploadTestArtifact(api, {
    name: 'app-2',
    device_types: ['b'],
    payloads: [{ type: 'docker', files: { f: 'x' } }],
  })
  expect(await api.put(`${V2}/app-2/tags`, ['stable'])).toMatchObject({ status: 204 })
  expect(await api.patch(`${V2}/app-2`, { notes: 'n' })).toMatchObject({ status: 204 })
  server.advance(1000)
  await uploadTestArtifact(api, { name: 'app-1', device_types: ['b'] })
  await uploadTestArtifact(api, { name: 'Ünï/cödé %', device_types: ['c'] })
})

const names = (body: { name?: string; Name?: string }[]) => body.map(({ name, Name }) => name ?? Name)

describe('releases', () => {
  test('of version 1 have capital keys', async () => {
    const { body } = await api.get(`${V1}?name=APP-1`)
    expect(body).toEqual([
      {
        Name: 'app-1',
        Modified: expect.stringMatching(/Z$/),
        Artifacts: [
          expect.objectContaining({ name: 'app-1', device_types_compatible: ['b'] }),
          expect.objectContaining({ name: 'app-1', device_types_compatible: ['a'] }),
        ],
        ArtifactsCount: 2,
        tags: [],
        notes: '',
      },
    ])
    expect(names((await api.get(V1)).body)).toHaveLength(3)
    expect((await api.get(`${V1}/list?per_page=1&sort=artifacts_count:desc`)).body).toMatchObject([
      { Name: 'app-1', ArtifactsCount: 2 },
    ])
  })

  test('of version 2 have small keys, the total and links', async () => {
    const { body, headers } = await api.get(`${V2}?per_page=2&sort=name:asc&name=App`)
    expect(body).toMatchObject([
      { name: 'app-1', artifacts_count: 2, tags: [], notes: '', artifacts: [{ name: 'app-1' }, { name: 'app-1' }] },
      { name: 'app-2', artifacts_count: 1, tags: ['stable'], notes: 'n' },
    ])
    expect(headers.get('x-total-count')).toBe('2')
    expect(headers.get('link')).toContain('rel="last"')
  })

  test.each([
    ['search=PP-', ['app-1', 'app-2']],
    ['search=ÜNÏ/CÖDÉ', ['Ünï/cödé %']],
    ['name=üNï', ['Ünï/cödé %']],
    ['search=nowhere', []],
    ['sort=modified:desc&name=app', ['app-1', 'app-2']],
    ['name=pp', []],
    ['name=a%25', []],
    ['tag=stable&tag=other', ['app-2']],
    ['tag=other', []],
    ['update_type=docker', ['app-2']],
    ['update_type=%22', []],
    ['device_type=b', ['app-1', 'app-2']],
    ['description=fast', ['app-1']],
    ['sort=name:desc&name=&tag=&update_type=', ['Ünï/cödé %', 'app-2', 'app-1']],
    ['page=7', []],
  ])('of version 2 are filtered with %s', async (query, expected) => {
    expect(names((await api.get(`${V2}?${query}`)).body)).toEqual(expected)
  })

  test.each(['sort=size', 'sort=name:', 'page=-1', 'name=%00'])('reject %s', async (query) => {
    expect(await api.get(`${V2}?${query}`)).toMatchObject({ status: 400, body: { error: expect.any(String) } })
  })

  test('are found individually under any name', async () => {
    const name = 'Ünï/cödé %'
    const { body } = await api.get(`${V2}/${encodeURIComponent(name)}`)
    expect(body).toMatchObject({ name, artifacts_count: 1 })
    expect(await api.get(`${V2}/none`)).toMatchObject({ status: 404, body: { error: 'Resource not found' } })
  })

  test('of another tenant are not found', async () => {
    const other = (await server.tenant()).api
    expect((await other.get(V2)).body).toEqual([])
    expect((await other.get(`${V2}/app-1`)).status).toBe(404)
  })

  test('have every tag and payload type in use listed', async () => {
    const all = '/api/management/v2/deployments/releases/all'
    expect((await api.get(`${all}/tags`)).body).toEqual(['stable'])
    expect((await api.get(`${all}/types`)).body).toEqual(['docker', 'script'])
  })

  test('exist as long as their artifacts', async () => {
    const { api } = await server.tenant()
    const first = await uploadTestArtifact(api, { name: 'r', device_types: ['a'] })
    const second = await uploadTestArtifact(api, { name: 'r', device_types: ['b'] })
    const { modified } = (await api.get(`${V2}/r`)).body
    server.advance(1000)
    await api.delete(`${ARTIFACTS}/${first}`)
    const left = (await api.get(`${V2}/r`)).body
    expect(left).toMatchObject({ artifacts_count: 1, artifacts: [{ id: second }] })
    expect(left.modified > modified).toBe(true)
    await api.delete(`${ARTIFACTS}/${second}`)
    expect((await api.get(`${V2}/r`)).status).toBe(404)
    expect((await api.get(V1)).body).toEqual([])
  })

  test('of version 1 are limited to 20, but their paginated list is not', async () => {
    const { api } = await server.tenant()
    for (let i = 0; i < 22; i++) await uploadTestArtifact(api, { name: `r${i}` })
    expect((await api.get(V1)).body).toHaveLength(20)
    const list = await api.get(`${V1}/list?per_page=100`)
    expect([list.body.length, list.headers.get('x-total-count')]).toEqual([22, '22'])
  })
})
