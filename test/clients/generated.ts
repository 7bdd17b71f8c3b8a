import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buildArtifact } from '../support/artifact.ts'
import { enrol } from '../support/device.ts'
import type { TestServer } from '../support/server.ts'

const NAME = 'release-by-a-generated-client'

/** What a program with a generated client needs to know of a server, and what it then prints. */
export async function prepare(server: TestServer, directory: string) {
  const tenant = await server.tenant()
  const [device] = await enrol(server, tenant, 1)
  const artifact = join(directory, 'release.mender')
  await writeFile(artifact, await buildArtifact({ name: NAME }))
  return {
    env: { SERVER: server.url, EMAIL: tenant.email, PASSWORD: tenant.password, ARTIFACT: artifact },
    printed: {
      uploaded: 201,
      device: { id: device?.id, status: 'accepted', auth_sets: 1 },
      release: { name: NAME, artifacts: 1 },
      deployment: { name: 'by a generated client', status: 'pending', retries: 1 },
      pending: 1,
      refused: { code: 'release_not_found', field: 'artifact_name' },
    },
  }
}
