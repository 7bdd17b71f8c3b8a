import { copyFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openApi } from '../support/api.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { prepare } from './generated.ts'
import { mustRun, run, scratchDirectory } from './programs.ts'

const GENERATORS = resolve(import.meta.dirname, 'generators')
const directory = scratchDirectory()
const program = (name: string) => join(directory, 'venv/bin', name)

/** Installs the generator; undefined if that worked. */
async function obstacle(): Promise<string | undefined> {
  const venv = await run('python3', ['-m', 'venv', 'venv'], { cwd: directory })
  if (venv.code !== 0) return 'it needs python3 with venv: apt-get install --no-install-recommends python3-venv'
  const requirements = join(GENERATORS, 'requirements.txt')
  const pip = await run(program('pip'), ['install', '--quiet', '--requirement', requirements], { timeout_ms: 300_000 })
  return pip.code === 0 ? undefined : `pip cannot install the generator: ${pip.stderr.trim().split('\n').at(-1)}`
}

const problem = await obstacle()
if (problem) process.stderr.write(`Skipped: the Python client that is generated from the document; ${problem}\n`)

let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server[Symbol.asyncDispose]())

test.skipIf(problem)('a Python client that is generated from the document has all operations, and works', async () => {
  const { text } = await openApi(server.url).get('/api/openapi.json')
  await writeFile(join(directory, 'openapi.json'), text)
  await copyFile(join(GENERATORS, 'openapi-python-client.yml'), join(directory, 'config.yml'))
  const source = ['--path', 'openapi.json', '--config', 'config.yml']
  const options = ['--meta', 'none', '--output-path', 'muster_client', '--fail-on-warning']
  await mustRun(program('openapi-python-client'), ['generate', ...source, ...options], { cwd: directory })

  const { env, printed } = await prepare(server, directory)
  await copyFile(join(GENERATORS, 'program.py'), join(directory, 'program.py'))
  const output = await mustRun(program('python'), ['program.py'], { cwd: directory, env })
  expect(JSON.parse(output)).toEqual(printed)
})
