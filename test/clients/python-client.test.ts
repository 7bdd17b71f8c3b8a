import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startServer, type TestServer } from '../support/server.ts'
import { EXAMPLE_OUTPUT, exampleIn, prepare, runExample } from './generated.ts'
import { mustRun, run, scratchDirectory } from './programs.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const directory = scratchDirectory()
const python = join(directory, 'venv/bin/python')

/** Builds the package and installs it; undefined if that worked. */
async function obstacle(): Promise<string | undefined> {
  const venv = await run('python3', ['-m', 'venv', 'venv'], { cwd: directory })
  if (venv.code !== 0) return 'it needs python3 with venv: apt-get install --no-install-recommends python3-venv'
  const build = ['--import', import.meta.resolve('tsx'), join(ROOT, 'scripts/clients.ts'), '--to', directory, 'python']
  const built = await run(process.execPath, build, { cwd: ROOT, timeout_ms: 300_000 })
  if (built.code !== 0) return `the package cannot be built: ${built.stderr.trim().split('\n').at(-1)}`
  const wheels = (await readdir(directory)).filter((name) => name.endsWith('.whl'))
  const pip = ['-m', 'pip', 'install', '--quiet', ...wheels]
  const installed = await run(python, pip, { cwd: directory, timeout_ms: 300_000 })
  return installed.code === 0 ? undefined : `pip cannot install it: ${installed.stderr.trim().split('\n').at(-1)}`
}

const problem = await obstacle()
if (problem && process.env.CI) throw new Error(`In CI the Python client must work: ${problem}`)
if (problem) process.stderr.write(`Skipped: the Python client; ${problem}\n`)

describe.skipIf(problem)('the Python client that is generated from the document', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startServer()
  })
  afterAll(() => server[Symbol.asyncDispose]())

  test('has all operations, and works', async () => {
    const { env, printed } = await prepare(server, directory)
    await copyFile(join(import.meta.dirname, 'generators/program.py'), join(directory, 'program.py'))
    expect(JSON.parse(await mustRun(python, ['program.py'], { cwd: directory, env }))).toEqual(printed)
  })

  test('runs the example of docs/api-clients.md', async () => {
    await writeFile(join(directory, 'example.py'), await exampleIn('python'))
    const run = (env: Record<string, string>) => mustRun(python, ['example.py'], { cwd: directory, env })
    expect(await runExample(server, run)).toEqual({ printed: [EXAMPLE_OUTPUT, EXAMPLE_OUTPUT], created: 1 })
  })

  test('has the version of the server', async () => {
    const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
    const shown = await mustRun(python, ['-m', 'pip', 'show', 'muster-client'], { cwd: directory })
    expect(shown).toContain(`Version: ${version}\n`)
  })
})
