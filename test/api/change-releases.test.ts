import { beforeEach, describe, expect, test } from 'vitest'
import type { Api } from '../support/api.ts'
import { ARTIFACTS, uploadTestArtifact } from '../support/artifact.ts'
import { deploy, V1 } from '../support/deploy.ts'
import { useServer } from '../support/fixtures.ts'

const RELEASES = '/api/management/v2/deployments/deployments/releases'
const ALL_TAGS = '/api/management/v2/deployments/releases/all/tags'
const DELETED = { status: 204, text: '' }

const server = useServer()
let api: Api
beforeEach(async () => {
  api = (await server.tenant()).api
  await uploadTestArtifact(api, { name: 'app 1/ü', device_types: ['a'] })
})

const NAME = encodeURIComponent('app 1/ü')
const show = async (name = NAME) => (await api.get(`${RELEASES}/${name}`)).body
const many = (n: number, prefix = 't') => Array.from({ length: n }, (_, i) => `${prefix}${i}`)

describe('the notes on a release', () => {
  test('are stored, and can be removed', async () => {
    const { modified } = await show()
    server.advance(1000)
    expect(await api.patch(`${RELEASES}/${NAME}`, { notes: 'Läuft überall.\nAlmost.' })).toMatchObject(DELETED)
    expect(await show()).toMatchObject({ notes: 'Läuft überall.\nAlmost.', artifacts_count: 1 })
    expect((await show()).modified > modified).toBe(true)
    expect(await api.patch(`${RELEASES}/${NAME}`, { notes: '' })).toMatchObject(DELETED)
    expect(await show()).toMatchObject({ notes: '' })
    expect((await api.get('/api/management/v1/deployments/deployments/releases')).body).toMatchObject([{ notes: '' }])
  })

  test('may be 1024 characters long', async () => {
    expect(await api.patch(`${RELEASES}/${NAME}`, { notes: '☃'.repeat(1024) })).toMatchObject(DELETED)
    const refused = await api.patch(`${RELEASES}/${NAME}`, { notes: 'x'.repeat(1025) })
    expect(refused).toMatchObject({ status: 400, body: { error: expect.stringContaining('notes') } })
    expect((await show()).notes).toBe('☃'.repeat(1024))
  })

  test.each([{}, { notes: null }, { notes: 1 }, [], '"x"'])('reject %j', async (body) => {
    expect(await api.patch(`${RELEASES}/${NAME}`, body)).toMatchObject({ status: 400 })
  })

  test('require a release', async () => {
    expect(await api.patch(`${RELEASES}/none`, { notes: 'x' })).toMatchObject({ status: 404 })
  })
})

describe('the tags of a release', () => {
  test('are replaced as a whole, in order and without duplicates', async () => {
    expect(await api.put(`${RELEASES}/${NAME}/tags`, ['stable', 'eu', 'stable'])).toMatchObject(DELETED)
    expect((await show()).tags).toEqual(['eu', 'stable'])
    expect((await api.get(`${RELEASES}?tag=eu&tag=us`)).body).toMatchObject([{ name: 'app 1/ü' }])
    expect((await api.get(ALL_TAGS)).body).toEqual(['eu', 'stable'])
    expect(await api.put(`${RELEASES}/${NAME}/tags`, [])).toMatchObject(DELETED)
    expect((await api.get(ALL_TAGS)).body).toEqual([])
  })

  test('remain when another artifact is added to the release, and are removed with the release', async () => {
    await api.put(`${RELEASES}/${NAME}/tags`, ['stable'])
    await uploadTestArtifact(api, { name: 'app 1/ü', device_types: ['b'] })
    expect(await show()).toMatchObject({ tags: ['stable'], artifacts_count: 2 })
    expect(await api.delete(`${RELEASES}?name=${NAME}`)).toMatchObject(DELETED)
    await uploadTestArtifact(api, { name: 'app 1/ü', device_types: ['b'] })
    expect(await show()).toMatchObject({ tags: [], artifacts_count: 1 })
  })

  test.each([many(21), [''], ['x'.repeat(257)], [1], [null], {}, 'null'])('reject %.40j', async (body) => {
    const response = await api.put(`${RELEASES}/${NAME}/tags`, body)
    expect(response).toMatchObject({ status: 400, body: { error: expect.stringMatching(/\w \w/) } })
    expect((await show()).tags).toEqual([])
  })

  test('are at most 100 different ones in total, also with concurrent requests', async () => {
    for (let i = 0; i < 8; i++) await uploadTestArtifact(api, { name: `r${i}` })
    for (let i = 0; i < 4; i++) await api.put(`${RELEASES}/r${i}/tags`, many(20, `r${i}-`))
    const last = [4, 5, 6, 7].map((i) => api.put(`${RELEASES}/r${i}/tags`, many(20, `r${i}-`)))
    const responses = await Promise.all(last)
    expect(responses.map(({ status }) => status).sort()).toEqual([204, 409, 409, 409])
    expect(responses.find(({ status }) => status === 409)?.body.error).toMatch(/more than 100 different release tags/)
    expect((await api.get(ALL_TAGS)).body).toHaveLength(100)
    expect(await api.put(`${RELEASES}/${NAME}/tags`, ['one more'])).toMatchObject({ status: 409 })
    expect(await api.put(`${RELEASES}/${NAME}/tags`, many(20, 'r0-'))).toMatchObject(DELETED)
  })

  test('require a release of this tenant', async () => {
    expect(await api.put(`${RELEASES}/none/tags`, ['x'])).toMatchObject({ status: 404 })
    const other = await server.tenant()
    expect(await other.api.put(`${RELEASES}/${NAME}/tags`, ['x'])).toMatchObject({ status: 404 })
    expect((await show()).tags).toEqual([])
  })
})

describe('deleting releases', () => {
  test('removes all artifacts of each of them, with their files', async () => {
    await uploadTestArtifact(api, { name: 'app 1/ü', device_types: ['b'] })
    const kept = await uploadTestArtifact(api, { name: 'kept' })
    await uploadTestArtifact(api, { name: 'gone' })
    expect(await api.delete(`${RELEASES}?name=${NAME}&name=gone`)).toMatchObject(DELETED)
    expect((await api.get(RELEASES)).body).toMatchObject([{ name: 'kept' }])
    expect((await api.get(ARTIFACTS)).body).toMatchObject([{ id: kept }])
    const { body } = await api.get('/api/management/v1/auditlogs/logs')
    const deleted = body.filter(({ action }: { action: string }) => action === 'delete')
    expect(deleted).toMatchObject([{ object: { type: 'releases', releases: { count: 2, artifacts: { count: 3 } } } }])
    const found = await api.get('/api/management/v1/auditlogs/logs?object_id=gone')
    expect(found.body[0]).toEqual(deleted[0])
    await uploadTestArtifact(api, { name: 'gone' })
  })

  test('removes none while an unfinished deployment uses one, and returns its id', async () => {
    await uploadTestArtifact(api, { name: 'release-1' })
    const id = await deploy(api, { devices: ['a'] })
    expect(await api.delete(`${RELEASES}?name=${NAME}&name=release-1`)).toMatchObject({
      status: 409,
      body: { error: 'release(s) used in active deployment', active_deployments: [id] },
    })
    expect((await api.get(RELEASES)).body).toHaveLength(2)
    await api.put(`${V1}/${id}/status`, { status: 'aborted' })
    expect(await api.delete(`${RELEASES}?name=${NAME}&name=release-1`)).toMatchObject(DELETED)
    expect((await api.get(RELEASES)).body).toEqual([])
  })

  test('never leaves a deployment without its artifact, in either order', async () => {
    for (let i = 0; i < 10; i++) {
      await uploadTestArtifact(api, { name: 'race' })
      const body = { name: 'd', artifact_name: 'race', devices: ['a'] }
      const [created, deleted] = await Promise.all([api.post(V1, body), api.delete(`${RELEASES}?name=race`)])
      expect([
        [201, 409],
        [422, 204],
      ]).toContainEqual([created.status, deleted.status])
      const left = (await api.get(`${RELEASES}/race`)).status
      expect(left).toBe(created.status === 201 ? 200 : 404)
      const id = created.headers.get('location')?.split('/').at(-1)
      if (id) await api.put(`${V1}/${id}/status`, { status: 'aborted' })
      await api.delete(`${RELEASES}?name=race`)
    }
  })

  test.each(['', '?name=', '?page=1'])('requires a name: %j', async (query) => {
    expect(await api.delete(RELEASES + query)).toMatchObject({
      status: 400,
      body: { error: 'at least one release name has to be provided' },
    })
  })

  test('that do not exist, or of another tenant, changes nothing', async () => {
    const other = await server.tenant()
    expect(await other.api.delete(`${RELEASES}?name=${NAME}&name=none`)).toMatchObject(DELETED)
    expect(await show()).toMatchObject({ artifacts_count: 1 })
  })
})
