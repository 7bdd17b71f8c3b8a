import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { sweepBlobs } from '../../src/artifacts/sweep-blobs.ts'
import { ARTIFACTS, buildArtifact, noise, sha256, uploadFile, uploadTestArtifact } from '../support/artifact.ts'
import { deploy, poll } from '../support/deploy.ts'
import { enrol } from '../support/device.ts'
import { startS3, type TestS3 } from '../support/s3.ts'
import { startServer, type TestServer, type TestTenant } from '../support/server.ts'
import { uploadAny } from '../support/update-files.ts'

/** Large enough to be uploaded in several parts. */
const large = (name: string) =>
  buildArtifact({ name, compression: 'none', payloads: [{ files: { big: randomBytes(18_000_000) } }] })
const AWAY = {
  status: 503,
  body: { error: 'The server cannot use its store for artifacts just now: try again later.' },
}

type Setup = AsyncDisposable & { s3: TestS3; server: TestServer; tenant: TestTenant }

async function open(kind: 's3rver' | 'fauxqs', settings: Record<string, string> = {}): Promise<Setup> {
  const s3 = await startS3(kind)
  const server = await startServer({ s3: { ...s3.settings, ...settings } })
  const close = async () => {
    await server[Symbol.asyncDispose]()
    await s3[Symbol.asyncDispose]()
  }
  return { s3, server, tenant: await server.tenant(), [Symbol.asyncDispose]: close }
}

const idOf = (uploaded: { headers: Headers }): string => uploaded.headers.get('location')?.split('/').at(-1) ?? ''
const download = async (uri: string, headers: Record<string, string> = {}) => {
  const response = await fetch(uri, { headers })
  return { status: response.status, headers: response.headers, body: Buffer.from(await response.arrayBuffer()) }
}

describe('a link to S3', () => {
  let setup: Setup
  let file: Buffer
  let id: string
  beforeAll(async () => {
    setup = await open('s3rver', { MUSTER_S3_PREFIX: '/muster/prod/' })
    file = await large('rel "1" ä')
    id = idOf(await uploadFile(setup.tenant.api, file))
  })
  afterAll(() => setup[Symbol.asyncDispose]())

  const linkOf = async () => (await setup.tenant.api.get(`${ARTIFACTS}/${id}/download`)).body

  test('is signed for S3, valid as long as a link to the server, and bypasses the server', async () => {
    const { uri, expire, method } = await linkOf()
    const { origin, pathname, searchParams } = new URL(uri)
    expect([origin, pathname]).toEqual([
      setup.s3.settings.MUSTER_S3_ENDPOINT,
      `/artifacts/muster/prod/${setup.tenant.tenant_id}/${id}`,
    ])
    expect([searchParams.get('X-Amz-Expires'), method]).toEqual([String(15 * 60), 'GET'])
    expect(Date.parse(expire) / 60_000).toBeCloseTo(Date.now() / 60_000 + 15, 0)
  })

  test('returns the exact bytes, their length, and the name and type that devices expect', async () => {
    const { status, headers, body } = await download((await linkOf()).uri)
    expect([status, sha256(body)]).toEqual([200, sha256(file)])
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-length': String(file.length),
      'content-type': 'application/vnd.mender-artifact',
      'accept-ranges': 'bytes',
      'content-disposition': `attachment; filename="rel _1_ _.mender"; filename*=UTF-8''rel%20%221%22%20%C3%A4.mender`,
    })
    expect(headers.get('content-encoding')).toBe(null)
  })

  test('to a file that is no Mender artifact has its own name and type', async () => {
    const { api } = setup.tenant
    const file = noise(1000)
    const stored = await uploadAny(api, { file, file_name: 'fw 1.swu', parts: { name: 'file-1' } })
    const { body } = await api.get(`${stored.headers.get('location')}/download`)
    const response = await download(body.uri)
    expect([response.status, sha256(response.body)]).toEqual([200, sha256(file)])
    expect(response.headers.get('content-type')).toBe('application/octet-stream')
    expect(response.headers.get('content-disposition')).toBe('attachment; filename=fw_1.swu')
  })

  test('resumes an interrupted download', async () => {
    const { uri } = await linkOf()
    const rest = await download(uri, { range: 'bytes=10000000-' })
    expect([rest.status, rest.headers.get('content-range')]).toEqual([
      206,
      `bytes 10000000-${file.length - 1}/${file.length}`,
    ])
    expect(rest.body.equals(file.subarray(10_000_000))).toBe(true)
  })

  test('is offered to devices, valid for a day', async () => {
    const { server, tenant } = setup
    await uploadTestArtifact(tenant.api, { name: 'offered' })
    const [device] = await enrol(server, tenant, 1, { device_type: 'qemux86-64' })
    await deploy(tenant.api, { artifact_name: 'offered', devices: [device!.id] })
    const { uri } = (await poll(device!)).body.artifact.source
    expect(new URL(uri).searchParams.get('X-Amz-Expires')).toBe(String(24 * 3600))
    expect((await download(uri)).body.subarray(0, 7).toString()).toBe('version')
  })

  test('may have another address than the one that the server uses', async () => {
    const settings = { ...setup.s3.settings, MUSTER_S3_PUBLIC_ENDPOINT: 'https://files.example.com' }
    await using server = await startServer({ s3: settings })
    const { api } = await server.tenant()
    const own = await uploadTestArtifact(api)
    const { uri } = (await api.get(`${ARTIFACTS}/${own}/download`)).body
    expect(uri).toMatch(/^https:\/\/files\.example\.com\/artifacts\/.*X-Amz-Signature=/)
  })

  test('refers to the server if devices cannot reach the bucket', async () => {
    const settings = { ...setup.s3.settings, MUSTER_S3_PROXY: 'true' }
    await using server = await startServer({ s3: settings })
    const { api } = await server.tenant()
    const own = idOf(await uploadFile(api, file))
    const { uri } = (await api.get(`${ARTIFACTS}/${own}/download`)).body
    expect(uri.startsWith(server.url)).toBe(true)
    const part = await download(uri, { range: 'bytes=9000000-9000009' })
    expect([part.status, part.body.equals(file.subarray(9_000_000, 9_000_010))]).toEqual([206, true])
    expect(sha256((await download(uri)).body)).toBe(sha256(file))
  })
})

describe('an upload to S3', () => {
  let setup: Setup
  beforeAll(async () => {
    setup = await open('fauxqs')
  })
  afterEach(() => setup.s3.break(() => undefined))
  afterAll(() => setup[Symbol.asyncDispose]())

  const nothingLeft = async () => {
    expect([await setup.s3.keys(), setup.s3.unfinished()]).toEqual([[], []])
    expect((await setup.tenant.api.get(ARTIFACTS)).body).toEqual([])
  }

  test('stores one object, which is removed when the artifact is deleted', async () => {
    const { s3, tenant } = setup
    const id = idOf(await uploadFile(tenant.api, await large('kept')))
    expect(await s3.keys()).toEqual([`${tenant.tenant_id}/${id}`])
    expect(s3.seen.filter((one) => one.includes('partNumber')).length).toBeGreaterThanOrEqual(3)
    expect(await tenant.api.delete(`${ARTIFACTS}/${id}`)).toMatchObject({ status: 204 })
    await nothingLeft()
  })

  test('that is rejected after parts were sent leaves nothing behind', async () => {
    const file = Buffer.concat([(await large('refused')).subarray(0, -1024), randomBytes(1024)])
    expect(await uploadFile(setup.tenant.api, file)).toMatchObject({ status: 400 })
    expect(setup.s3.seen.some((one) => one.startsWith('DELETE') && one.includes('uploadId'))).toBe(true)
    await nothingLeft()
  })

  test.each<[string, (method: string, url: string) => number | 'cut' | undefined]>([
    ['refuses a part', (_method, url) => (url.includes('partNumber=2') ? 403 : undefined)],
    ['fails at a part', (_method, url) => (url.includes('partNumber=3') ? 500 : undefined)],
    ['breaks the connection', (_method, url) => (url.includes('partNumber=2') ? 'cut' : undefined)],
    [
      'fails at the end',
      (method, url) => (method === 'POST' && url.includes('uploadId') && !url.includes('uploads') ? 500 : undefined),
    ],
    ['is away', () => 503],
  ])('is a 503 with a message if S3 %s, and leaves nothing behind', async (_what, when) => {
    setup.s3.break(when)
    expect(await uploadFile(setup.tenant.api, await large('broken'))).toMatchObject(AWAY)
    setup.s3.break(() => undefined)
    await nothingLeft()
    expect((await uploadFile(setup.tenant.api, await buildArtifact())).status).toBe(201)
    const [{ id }] = (await setup.tenant.api.get(ARTIFACTS)).body
    await setup.tenant.api.delete(`${ARTIFACTS}/${id}`)
  })

  test('of a file to generate an artifact from is a 503 too', async () => {
    const { api } = setup.tenant
    const parts = { name: 'made', device_types_compatible: 'a', type: 'single_file', args: '{"dest_dir":"/a"}' }
    const form = new FormData()
    for (const [name, value] of Object.entries(parts)) form.append(name, value)
    form.append('file', new Blob([randomBytes(18_000_000)]), 'app.bin')
    setup.s3.break((_method, url) => (url.includes('partNumber=1') ? 500 : undefined))
    expect(await api.post(`${ARTIFACTS}/generate`, form)).toMatchObject(AWAY)
    setup.s3.break(() => undefined)
    await nothingLeft()
  })

  test('of an id that is taken, or being taken, is a 409 without effect on the other', async () => {
    const { api } = setup.tenant
    const artifact_id = randomUUID()
    const files = await Promise.all(['a', 'b', 'c'].map(large))
    const responses = await Promise.all(files.map((file) => uploadFile(api, file, { artifact_id })))
    expect(responses.map(({ status }) => status).sort()).toEqual([201, 409, 409])
    const winner = files[responses.findIndex(({ status }) => status === 201)] as Buffer
    expect((await uploadFile(api, await large('late'), { artifact_id })).status).toBe(409)
    const { uri } = (await api.get(`${ARTIFACTS}/${artifact_id}/download`)).body
    expect(sha256((await download(uri)).body)).toBe(sha256(winner))
    await api.delete(`${ARTIFACTS}/${artifact_id}`)
    await nothingLeft()
  })

  test('that a crash interrupted is removed after a day, and nothing else is', async () => {
    const { s3, server, tenant } = setup
    const id = idOf(await uploadFile(tenant.api, await large('stays')))
    // Cancelling fails too: the state after a crash.
    s3.break((method, url) => (url.includes('partNumber=2') || method === 'DELETE' ? 500 : undefined))
    expect((await uploadFile(tenant.api, await large('cut'))).status).toBe(503)
    s3.break(() => undefined)
    expect(s3.unfinished()).toHaveLength(1)
    expect(await sweepBlobs(server.env)).toBe(0)
    server.advance(25 * 3600_000)
    expect(await sweepBlobs(server.env)).toBe(1)
    expect([s3.unfinished(), await s3.keys()]).toEqual([[], [`${tenant.tenant_id}/${id}`]])
  })
})
