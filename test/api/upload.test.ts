import { randomUUID } from 'node:crypto'
import { connect } from 'node:net'
import { beforeAll, describe, expect, test } from 'vitest'
import { logIn } from '../../src/auth/sessions/log-in.ts'
import { createUser } from '../../src/auth/users/create-user.ts'
import { sql } from '../../src/db/sql.ts'
import { type Api, openApi } from '../support/api.ts'
import { ARTIFACTS, buildArtifact, noise, uploadFile, uploadTestArtifact } from '../support/artifact.ts'
import { useServer } from '../support/fixtures.ts'
import type { TestTenant } from '../support/server.ts'

const server = useServer()
let tenant: TestTenant
let api: Api
beforeAll(async () => {
  tenant = await server.tenant()
  api = tenant.api
})

const fresh = () => server.tenant()

/** Sends a multipart body written by hand. */
const sendParts = (to: Api, parts: [headers: string, body: string | Buffer][], end = true, type = 'form-data') => {
  const pieces = parts.flatMap(([headers, body]) => [`--limit\r\n${headers}\r\n\r\n`, body, '\r\n'])
  const body = Buffer.concat([...pieces, end ? '--limit--\r\n' : ''].map((piece) => Buffer.from(piece as string)))
  return to.post(ARTIFACTS, body, { 'content-type': `multipart/${type}; boundary=limit` })
}
const field = (name: string): string => `Content-Disposition: form-data; name="${name}"`
const filePart = (name: string): string =>
  `${field(name)}; filename="x.mender"\r\nContent-Type: application/octet-stream`

describe('an upload', () => {
  test('returns 201 with only a Location, and the artifact has the contents of the file', async () => {
    const file = await buildArtifact({
      name: 'release-1',
      device_types: ['qemux86-64', 'raspberrypi4'],
      depends: { artifact_name: ['base-1', 'base-2'], artifact_group: ['prod'] },
      provides: { artifact_group: 'prod' },
      payloads: [
        {
          files: { 'ok.sh': 'echo' },
          provides: { 'rootfs-image.script.version': 'release-1' },
          depends: { hw: 'rev2' },
          clears_provides: ['rootfs-image.script.*'],
          meta_data: { a: 1 },
        },
      ],
    })
    const response = await uploadFile(api, file, { description: 'the first' })
    expect(response).toMatchObject({ status: 201, text: '' })
    const id = response.headers.get('location')?.replace(/^\/api\/management\/v1\/deployments\/artifacts\//, '') ?? ''
    const { body } = await api.get(`${ARTIFACTS}/${id}`)
    expect(body).toEqual({
      id,
      name: 'release-1',
      description: 'the first',
      device_types_compatible: ['qemux86-64', 'raspberrypi4'],
      info: { format: 'mender', version: 3 },
      dialect: 'mender',
      signed: false,
      updates: [
        {
          type_info: { type: 'script' },
          files: [
            {
              name: 'ok.sh',
              size: 4,
              checksum: expect.stringMatching(/^[0-9a-f]{64}$/),
              date: '2023-11-14T22:13:20.000Z',
            },
          ],
          meta_data: [{ Key: 'a', Value: 1 }],
          metadata: { a: 1 },
        },
      ],
      artifact_provides: {
        artifact_name: 'release-1',
        artifact_group: 'prod',
        'rootfs-image.script.version': 'release-1',
      },
      artifact_depends: {
        device_type: ['qemux86-64', 'raspberrypi4'],
        artifact_name: ['base-1', 'base-2'],
        artifact_group: ['prod'],
        hw: 'rev2',
      },
      clears_artifact_provides: ['rootfs-image.script.*'],
      size: file.length,
      modified: expect.stringMatching(/Z$/),
    })
  })

  test('accepts its parts in any order before the file, in any case, and ignores parts after the file', async () => {
    const file = await buildArtifact({ name: 'parts' })
    const response = await sendParts(api, [
      [field('Description'), 'later'],
      [field('unknown'), 'x'],
      [field('SIZE'), String(file.length)],
      [filePart('Artifact'), file],
      [field('description'), 'too late'],
      [filePart('artifact'), 'another file'],
    ])
    expect(response.status).toBe(201)
    const { body } = await api.get(`${ARTIFACTS}?name=parts`)
    expect(body).toMatchObject([{ description: 'later', size: file.length }])
  })

  test('is accepted as multipart/mixed, and without any other part', async () => {
    const file = await buildArtifact({ name: 'mixed' })
    expect((await sendParts(api, [[field('artifact'), file]], true, 'mixed')).status).toBe(201)
  })

  test('keeps the id chosen by the client, once', async () => {
    const id = randomUUID()
    const first = await buildArtifact({ name: 'chosen' })
    expect(await uploadFile(api, first, { artifact_id: id.toUpperCase() })).toMatchObject({ status: 201 })
    const again = await uploadFile(api, await buildArtifact({ name: 'chosen-again' }), { artifact_id: id })
    expect(again).toMatchObject({ status: 409, body: { error: expect.stringContaining('id already exists') } })
    expect((await api.get(`${ARTIFACTS}/${id}`)).body.name).toBe('chosen')
    const { uri } = (await api.get(`${ARTIFACTS}/${id}/download`)).body
    expect(Buffer.from(await (await fetch(uri)).arrayBuffer()).equals(first)).toBe(true)
  })

  test.each<[string, () => Promise<[string, string | Buffer][]>, string]>([
    ['without a file', async () => [[field('size'), '1']], 'request does not contain the artifact file'],
    [
      'whose size is not a number',
      async () => [
        [field('size'), 'big'],
        [filePart('artifact'), 'x'],
      ],
      'size: must be',
    ],
    [
      'whose id is not a UUID',
      async () => [
        [field('artifact_id'), 'x'],
        [filePart('artifact'), 'x'],
      ],
      'artifact_id is not a valid UUID',
    ],
    ['with an empty file', async () => [[filePart('artifact'), '']], 'version: it is missing'],
    ['of something else', async () => [[filePart('artifact'), noise(5000)]], 'reading artifact error'],
    [
      'with a NUL in its description',
      async () => [
        [field('description'), '\0'],
        [filePart('artifact'), await buildArtifact()],
      ],
      'NUL',
    ],
    [
      'with a description of over 1 MiB',
      async () => [
        [field('description'), 'x'.repeat(2 ** 20 + 1)],
        [filePart('artifact'), await buildArtifact()],
      ],
      'description: must be at most',
    ],
    [
      'that is smaller than its stated size',
      async () => [
        [field('size'), '999999'],
        [filePart('artifact'), await buildArtifact()],
      ],
      'unexpected EOF',
    ],
    [
      'that is larger than its stated size',
      async () => [
        [field('size'), '6000'],
        [filePart('artifact'), await buildArtifact({ payloads: [{ files: { a: noise(50_000) } }] })],
      ],
      'size says 6000',
    ],
    [
      'larger than 10 GiB',
      async () => [
        [field('size'), String(10 * 1024 ** 3 + 1)],
        [filePart('artifact'), 'x'],
      ],
      'Artifact file too large',
    ],
  ])('%s is a 400 and leaves nothing behind', async (_what, parts, error) => {
    const { api, tenant_id } = await fresh()
    expect(await sendParts(api, await parts())).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining(error) },
    })
    expect(await server.filesOf(tenant_id)).toEqual([])
    expect((await api.get(ARTIFACTS)).body).toEqual([])
  })

  test('that ends before its boundary is a 400 and leaves nothing behind', async () => {
    const { api, tenant_id } = await fresh()
    const file = await buildArtifact()
    expect(await sendParts(api, [[filePart('artifact'), file.subarray(0, 3000)]], false)).toMatchObject({ status: 400 })
    expect(await sendParts(api, [], false)).toMatchObject({ status: 400 })
    expect(await server.filesOf(tenant_id)).toEqual([])
  })

  test.each([
    ['application/json', '{}'],
    ['multipart/form-data', 'x'],
    ['multipart/related; boundary=x', 'x'],
  ])('as %s is rejected with 415', async (type, body) => {
    expect(await api.post(ARTIFACTS, body, { 'content-type': type })).toMatchObject({
      status: 415,
      body: { error: expect.stringContaining('Bad Content-Type') },
    })
  })

  test('needs a login, and a role that permits it', async () => {
    const body = await buildArtifact()
    const { status } = await fetch(server.url + ARTIFACTS, {
      method: 'POST',
      body,
      headers: { 'content-type': 'multipart/form-data; boundary=x' },
    })
    expect(status).toBe(401)
    const email = `${randomUUID()}@example.com`
    const observer = { email, password: 'correct horse battery', roles: ['RBAC_ROLE_OBSERVER'] }
    await createUser(server.env, { tenant_id: tenant.tenant_id, user_id: 'operator', email: 'operator' }, observer)
    const observing = openApi(server.url, await logIn(server.env, observer))
    expect(await uploadFile(observing, body)).toMatchObject({ status: 403 })
    expect(await observing.get(ARTIFACTS)).toMatchObject({ status: 200 })
  })

  test('that the client aborts leaves nothing behind', async () => {
    const { api, tenant_id } = await fresh()
    const file = await buildArtifact({ payloads: [{ files: { big: noise(12_000_000) } }] })
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    socket.write(
      `POST ${ARTIFACTS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.token}\r\n` +
        `Content-Type: multipart/form-data; boundary=limit\r\nContent-Length: ${file.length + 500}\r\n\r\n` +
        `--limit\r\n${filePart('artifact')}\r\n\r\n`,
    )
    socket.write(file.subarray(0, 10_000_000))
    await expect.poll(() => server.filesOf(tenant_id)).toHaveLength(1)
    socket.destroy()
    await expect.poll(() => server.filesOf(tenant_id)).toEqual([])
    expect((await api.get(ARTIFACTS)).body).toEqual([])
  })

  test('that is rejected early still gets its response, and the connection remains usable', async () => {
    const big = Buffer.concat([Buffer.from('no tar'), noise(8_000_000)])
    const response = await uploadFile(api, big)
    expect(response).toMatchObject({ status: 400 })
    expect((await api.get(`${ARTIFACTS}?name=none`)).status).toBe(200)
  })

  test('raises the deployments version and is in the audit log, in the same transaction', async () => {
    const { api, tenant_id } = await fresh()
    const version = () =>
      server.env.db.first<{ deployments_version: number }>(
        sql`select deployments_version from tenants where tenant_id = ${tenant_id}`,
      )
    const before = (await version())?.deployments_version ?? 0
    const id = await uploadTestArtifact(api, { name: 'seen' })
    expect((await version())?.deployments_version).toBe(before + 1)
    await api.delete(`${ARTIFACTS}/${id}`)
    expect((await version())?.deployments_version).toBe(before + 2)
    const events = await server.env.db.query<{ action: string; object: object }>(sql`
      select action, object from events where tenant_id = ${tenant_id} and object_type = 'artifact' order by time`)
    expect(events).toMatchObject([
      { action: 'upload', object: { id, type: 'artifact', artifact: { name: 'seen' } } },
      { action: 'delete', object: { id } },
    ])
  })
})
