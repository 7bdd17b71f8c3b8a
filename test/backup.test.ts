import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openPool } from '../src/db/pool.ts'
import { loadTicketKey } from '../src/db/ticket-key.ts'
import { openApi } from './support/api.ts'
import { noise, uploadTestArtifact } from './support/artifact.ts'
import { cloneDatabase } from './support/clone-database.ts'
import { dump } from './support/dump.ts'
import { runHere } from './support/run-here.ts'
import { ownS3, startServer, type TestServer } from './support/server.ts'
import { uploadAny } from './support/update-files.ts'
import { makeWorld, type World } from './support/world.ts'

const ARTIFACTS = '/api/management/v1/deployments/artifacts'

let scratch: string
let server: TestServer
let world: World
let here: Record<string, string>
const restored_to: AsyncDisposable[] = []
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'muster-backup-'))
  server = await startServer({ data_dir: join(scratch, 'data') })
  world = await makeWorld(server)
  here = { DATABASE_URL: server.database_url, MUSTER_DATA_DIR: join(scratch, 'data'), ...server.s3_settings }
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  for (const s3 of restored_to) await s3[Symbol.asyncDispose]()
  await rm(scratch, { recursive: true, force: true })
})

const backUp = (name: string, ...more: string[]) => runHere(['backup', join(scratch, name), ...more], here)

/** Restores into an empty database and a new data directory, or an empty S3. */
async function restore(name: string, into = `${name}-restored`) {
  const database = await cloneDatabase()
  const s3 = await ownS3()
  if (s3) restored_to.push(s3)
  const data_dir = join(scratch, into)
  const there = { DATABASE_URL: database.url, MUSTER_DATA_DIR: data_dir, ...s3?.settings }
  const again = () => runHere(['restore', join(scratch, name)], there)
  const start = () => startServer({ database_url: database.url, data_dir, ...(s3 ? { s3: s3.settings } : {}) })
  return { database, start, again, ended: await again() }
}

/** Everything except the number of the last transaction, which always differs. */
async function contentOf(database_url: string) {
  const db = openPool(database_url, 1)
  const { deployment_progress: _, ...tables } = await dump(db, world.tenant.tenant_id)
  await db.close()
  return tables
}

const download = async (url: string, token: string | undefined, id: string) => {
  const { body } = await openApi(url, token).get(`${ARTIFACTS}/${id}/download`)
  return Buffer.from(await (await fetch(body.uri)).arrayBuffer())
}

test('the keys of TLS session tickets are in no backup', async () => {
  await loadTicketKey(server.env.db, server.env.now())
  expect(await backUp('without-keys')).toMatchObject({ code: 0 })
  const tables = await readdir(join(scratch, 'without-keys', 'tables'))
  expect(tables).toContain('secrets.copy.gz')
  expect(tables).not.toContain('ticket_keys.copy.gz')
})

test('a restore brings back every row, every artifact and every token of a running server', async () => {
  const made = await backUp('whole')
  expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/\d+ rows and 4 artifacts/) })
  const { ended, database, start } = await restore('whole')
  expect(ended).toMatchObject({ code: 0, stdout: expect.stringContaining('Restored the backup of') })
  expect(await contentOf(database.url)).toEqual(await contentOf(server.database_url))
  const restored = await start()
  const { token } = world.tenant.api
  const list = '/api/management/v1/deployments/deployments'
  expect((await openApi(restored.url, token).get(list)).body).toEqual((await world.tenant.api.get(list)).body)
  expect(
    (await download(restored.url, token, world.artifact_id)).equals(
      await download(server.url, token, world.artifact_id),
    ),
  ).toBe(true)
  await restored[Symbol.asyncDispose]()
  await database.drop()
})

test('a backup made while artifacts are uploaded and deleted lists exactly those that it contains', async () => {
  let going = true
  const churn = (async () => {
    for (let i = 0; going; i++) {
      const id = await uploadTestArtifact(world.tenant.api, { name: `passing-${i}` })
      await world.tenant.api.delete(`${ARTIFACTS}/${id}`)
    }
  })()
  for (let i = 0; i < 5; i++) {
    expect(await backUp(`busy-${i}`)).toMatchObject({ code: 0 })
    const { artifacts } = JSON.parse(await readFile(join(scratch, `busy-${i}`, 'manifest.json'), 'utf8'))
    for (const { key, size } of artifacts)
      expect((await readFile(join(scratch, `busy-${i}`, 'artifacts', key))).length).toBe(size)
  }
  going = false
  await churn
})

test('an existing directory is not written to, and an incomplete backup does not look like a backup', async () => {
  expect(await backUp('twice')).toMatchObject({ code: 0 })
  expect(await backUp('twice')).toMatchObject({ code: 1, stderr: expect.stringContaining('is there already') })
  expect((await readdir(scratch)).filter((name) => name.endsWith('.partial'))).toEqual([])
})

test('a restore does not touch a database that is not empty', async () => {
  expect(await backUp('again')).toMatchObject({ code: 0 })
  const before = await contentOf(server.database_url)
  const ended = await runHere(['restore', join(scratch, 'again')], here)
  expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('not empty') })
  expect(await contentOf(server.database_url)).toEqual(before)
})

test('a damaged backup leaves the database empty, and the same restore succeeds once it is repaired', async () => {
  expect(await backUp('damaged')).toMatchObject({ code: 0 })
  const file = join(scratch, 'damaged', 'tables', 'devices.copy.gz')
  const whole = await readFile(file)
  await truncate(file, Math.floor(whole.length / 2))
  const { ended, database, again } = await restore('damaged')
  expect(ended.code).toBe(1)
  const db = openPool(database.url, 1)
  expect(Object.values(await dump(db, world.tenant.tenant_id)).length).toBeGreaterThan(10)
  await db.close()
  await writeFile(file, whole)
  expect(await again()).toMatchObject({ code: 0 })
  expect(await contentOf(database.url)).toEqual(await contentOf(server.database_url))
  await database.drop()
})

test('a backup of a newer version of Muster, or a directory that is not a backup, is rejected', async () => {
  expect(await backUp('newer')).toMatchObject({ code: 0 })
  const file = join(scratch, 'newer', 'manifest.json')
  const manifest = JSON.parse(await readFile(file, 'utf8'))
  await writeFile(file, JSON.stringify({ ...manifest, migrations: [...manifest.migrations, '9999-later.sql'] }))
  const { ended, database } = await restore('newer')
  expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('made by a newer Muster') })
  await database.drop()
  const none = await runHere(['restore', scratch], here)
  expect(none).toMatchObject({ code: 1, stderr: expect.stringContaining('holds no backup') })
})

test('a backup without artifacts states that it has none', async () => {
  expect(await backUp('bare', '--without-artifacts')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('no artifacts'),
  })
  expect(await readdir(join(scratch, 'bare'))).not.toContain('artifacts')
})

test('a file that is no Mender artifact is restored with its name, its digests and its bytes', async () => {
  const file = noise(5000)
  const parts = { name: 'zephyr-1', device_types_compatible: 'board' }
  const at = (await uploadAny(world.tenant.api, { file, file_name: 'fw.bin', parts })).headers.get('location') ?? ''
  expect(await backUp('files')).toMatchObject({ code: 0 })
  const { database, start } = await restore('files')
  const restored = await start()
  const { token } = world.tenant.api
  expect((await openApi(restored.url, token).get(at)).body).toEqual((await world.tenant.api.get(at)).body)
  expect((await download(restored.url, token, at.split('/').at(-1) ?? '')).equals(file)).toBe(true)
  await restored[Symbol.asyncDispose]()
  await database.drop()
})
