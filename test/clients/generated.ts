import { readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { runUpdate } from '../../src/simulate/run-update.ts'
import type { SimulatedDevice } from '../../src/simulate/simulated-device.ts'
import { buildArtifact } from '../support/artifact.ts'
import { enrol, makeFleet } from '../support/device.ts'
import type { TestServer } from '../support/server.ts'

const NAME = 'release-by-a-generated-client'
const DOCUMENT = resolve(import.meta.dirname, '../../docs/api-clients.md')

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

/** The first block of the document in a language. */
export async function exampleIn(language: 'ts' | 'python'): Promise<string> {
  const [, example] = new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 's').exec(await readFile(DOCUMENT, 'utf8')) ?? []
  if (example === undefined) throw new Error(`The document has no example in ${language}.`)
  return example
}

export const EXAMPLE_OUTPUT = '2 accepted\nfinished: 2 succeeded, 0 failed\nrefused: artifact_name\n'

/**
 * Two devices that install what they are offered while the example of the document runs, twice as in a pipeline that is
 * repeated. Returns what it has printed, and the number of deployments that it has created.
 */
export async function runExample(server: TestServer, run: (env: Record<string, string>) => Promise<string>) {
  const { tenant, devices } = await makeFleet(server, 2)
  const stop = new AbortController()
  const running = Promise.all(devices.map((device) => keepInstalling(device, stop.signal)))
  const { email: EMAIL, password: PASSWORD } = tenant
  const env = { MUSTER_URL: server.url, EMAIL, PASSWORD, RELEASE: 'release-1', BUILD: '17' }
  try {
    const printed = [await run(env), await run(env)]
    const { body } = await tenant.api.get('/api/management/v1/deployments/deployments')
    return { printed, created: body.length as number }
  } finally {
    stop.abort()
    await running
  }
}

async function keepInstalling(device: SimulatedDevice, stop: AbortSignal): Promise<void> {
  const provides = { artifact_name: 'factory', device_type: 'qemux86-64' }
  while (!stop.aborted) {
    await runUpdate(device, { provides, fails: () => false })
    await sleep(200, undefined, { signal: stop }).catch(() => {})
  }
}
