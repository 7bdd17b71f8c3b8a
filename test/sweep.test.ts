import { randomUUID } from 'node:crypto'
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sweepBlobs } from '../src/artifacts/sweep-blobs.ts'
import { uploadTestArtifact } from './support/artifact.ts'
import { startServer } from './support/server.ts'

test('files left by a killed server are deleted after a day; artifacts and running uploads stay', async () => {
  await using server = await startServer()
  const tenant = await server.tenant()
  const id = await uploadTestArtifact(tenant.api, { name: 'release-1' })
  const dir = join(server.env.config.data_dir, 'artifacts', tenant.tenant_id)
  await mkdir(dir, { recursive: true })
  const yesterday = new Date(Date.now() - 25 * 3600_000)
  const [left, younger, foreign] = [randomUUID(), randomUUID(), 'notes.txt']
  const names = [left, `${left}.x.part`, younger, `${younger}.x.part`, foreign]
  for (const name of names) await writeFile(join(dir, name), 'half a file')
  for (const name of [left, `${left}.x.part`, foreign, id]) await utimes(join(dir, name), yesterday, yesterday)

  expect(await sweepBlobs(server.env)).toBe(2)
  expect((await readdir(dir)).sort()).toEqual([id, younger, `${younger}.x.part`, foreign].sort())
})
