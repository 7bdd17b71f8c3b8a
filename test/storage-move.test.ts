import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Api, openApi } from './support/api.ts'
import { ARTIFACTS, buildArtifact, sha256, uploadFile } from './support/artifact.ts'
import { cloneDatabase } from './support/clone-database.ts'
import { start } from './support/command.ts'
import { runHere } from './support/run-here.ts'
import { startS3, type TestS3 } from './support/s3.ts'
import { startServer } from './support/server.ts'
import { uploadAny } from './support/update-files.ts'

let s3: TestS3
let data_dir: string
let database: Awaited<ReturnType<typeof cloneDatabase>>
beforeAll(async () => {
  s3 = await startS3('fauxqs')
  data_dir = await mkdtemp(join(tmpdir(), 'muster-move-'))
  database = await cloneDatabase()
})
afterAll(async () => {
  await s3[Symbol.asyncDispose]()
  await database.drop()
  await rm(data_dir, { recursive: true, force: true })
})

const settings = () => ({ ...s3.settings, MUSTER_DATA_DIR: data_dir, DATABASE_URL: database.url })
const move = (to: string) => runHere(['storage', 'move', '--to', to], settings())
const serve = (config?: Record<string, string>) =>
  startServer({ database_url: database.url, data_dir, s3: config ?? {} })

const upload = async (api: Api, name: string) => {
  const payloads = [{ files: { big: randomBytes(18_000_000) } }]
  const file = await buildArtifact({ name, compression: 'none', payloads })
  const at = (await uploadFile(api, file)).headers.get('location') ?? ''
  return { id: at.split('/').at(-1) ?? '', sha256: sha256(file) }
}

/** A file that is no Mender artifact. */
const uploadOther = async (api: Api, name: string) => {
  const file = randomBytes(18_000_000)
  const at = (await uploadAny(api, { file, parts: { name } })).headers.get('location') ?? ''
  return { id: at.split('/').at(-1) ?? '', sha256: sha256(file) }
}

const linkTo = async (api: Api, id: string): Promise<string> => (await api.get(`${ARTIFACTS}/${id}/download`)).body.uri
const digestOf = async (uri: string) => sha256(Buffer.from(await (await fetch(uri)).arrayBuffer()))

test('artifacts move to S3 while the server runs, in spite of kills, and stay readable', async () => {
  const before = await serve()
  const tenant = await before.tenant()
  const { api: uploads } = tenant
  const files = await Promise.all([upload(uploads, 'a'), upload(uploads, 'b'), uploadOther(uploads, 'c')])
  await before[Symbol.asyncDispose]()

  await using server = await serve(s3.settings)
  const api = openApi(server.url, tenant.api.token)
  const onDisk = () => readdir(join(data_dir, 'artifacts', tenant.tenant_id))
  const allReadable = async () => {
    for (const { id, sha256 } of files) expect(await digestOf(await linkTo(api, id))).toBe(sha256)
  }
  const [first] = files
  const early = await linkTo(api, first.id)
  expect(early.startsWith(server.url)).toBe(true)

  for (const part of [2, 5]) {
    const seen = s3.seen.length
    const child = start(['storage', 'move', '--to', 's3'], settings())
    const parts = () => s3.seen.slice(seen).filter((one) => one.includes('partNumber')).length
    await expect.poll(parts, { interval: 2 }).toBeGreaterThanOrEqual(part)
    child.kill('SIGKILL')
    await once(child, 'exit')
    await allReadable()
  }
  expect(await move('s3')).toMatchObject({ code: 0, stderr: expect.stringContaining('3 of 3 artifacts') })
  await allReadable()
  expect([await onDisk(), (await s3.keys()).length]).toEqual([[], 3])
  expect(await linkTo(api, first.id)).toMatch(/X-Amz-Signature/)
  expect(await digestOf(early)).toBe(first.sha256)
  expect((await move('s3')).stdout).toBe('0 moved, 3 already there.\n')

  expect((await move('disk')).stdout).toBe('3 moved, 0 already there.\n')
  expect([(await onDisk()).length, (await s3.keys()).length]).toEqual([3, 3])
  await allReadable()
})

test('a move without a bucket or without a target is rejected with what is required', async () => {
  const { code, stderr } = await runHere(['storage', 'move', '--to', 's3'], {
    ...{ MUSTER_DATA_DIR: data_dir, DATABASE_URL: database.url },
  })
  expect([code, stderr]).toEqual([2, expect.stringContaining('MUSTER_S3_BUCKET: required')])
  expect(await move('tape')).toMatchObject({ code: 2, stderr: expect.stringContaining('--to must be s3 or disk') })
})

test('a file that was replaced or lost is reported and not moved', async () => {
  await using server = await serve()
  const { api, tenant_id } = await server.tenant()
  const [taken, lost] = [await upload(api, 'taken'), await upload(api, 'lost')]
  const at = (id: string) => join(data_dir, 'artifacts', tenant_id, id)
  await using other = await startServer({ s3: { ...s3.settings, MUSTER_S3_PROXY: 'true' } })
  await other.env.blobs.put(`${tenant_id}/${taken.id}`, Readable.from([Buffer.from('something else')]))
  await rm(at(lost.id))
  const { code, stderr, stdout } = await move('s3')
  expect([code, stdout]).toEqual([1, expect.stringContaining('2 failed')])
  expect(stderr).toMatch(/taken .*the copy differs from its file, which stays where it is/)
  expect(stderr).toMatch(/lost .*its file is in neither place/)
  expect(await digestOf(await linkTo(api, taken.id))).toBe(taken.sha256)
})
