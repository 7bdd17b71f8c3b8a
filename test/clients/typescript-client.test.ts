import { copyFile, readFile, symlink, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { typesOf } from '../../scripts/client-types.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { EXAMPLE_OUTPUT, exampleIn, prepare, runExample } from './generated.ts'
import { mustRun, scratchDirectory } from './programs.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const MODULES = join(ROOT, 'node_modules')
const types = join(ROOT, 'src/client/api.ts')
const compilerOptions = { module: 'nodenext', target: 'es2023', types: ['node'], strict: true, skipLibCheck: false }

let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server[Symbol.asyncDispose]())

const directory = scratchDirectory()
const node = (...args: string[]) => mustRun(process.execPath, args, { cwd: directory, timeout_ms: 180_000 })

test('the committed types are those of the document of the server: run "npm run openapi" after a change', async () => {
  const file = join(directory, 'api.ts')
  await node(...typesOf(`${server.url}/api/openapi.json`, file))
  expect(await readFile(file, 'utf8')).toBe(await readFile(types, 'utf8'))
})

test('the package has the version of the server', async () => {
  const versionIn = async (path: string) => JSON.parse(await readFile(join(ROOT, path), 'utf8')).version
  expect(await versionIn('clients/typescript/package.json')).toBe(await versionIn('package.json'))
})

describe('the packed client, installed elsewhere', () => {
  beforeAll(async () => {
    const tsx = ['--import', import.meta.resolve('tsx')]
    await node(...tsx, join(ROOT, 'scripts/clients.ts'), '--to', directory, 'typescript')
    const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
    await writeFile(join(directory, 'package.json'), JSON.stringify({ type: 'module' }))
    const install = ['install', '--no-audit', '--no-fund', '--offline', `muster-ota-client-${version}.tgz`]
    await mustRun('npm', install, { cwd: directory, timeout_ms: 180_000 })
    for (const name of ['@types', 'undici-types', 'openapi-fetch', 'openapi-typescript-helpers'])
      await symlink(join(MODULES, name), join(directory, 'node_modules', name))
    await copyFile(join(import.meta.dirname, 'generators/program.ts'), join(directory, 'program.ts'))
    await writeFile(join(directory, 'example.ts'), await exampleIn('ts'))
    const files = ['program.ts', 'example.ts']
    await writeFile(join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }))
    await node(join(MODULES, 'typescript/bin/tsc'))
  })

  test('the example of docs/api-clients.md compiles, and prints what it should', async () => {
    const run = (env: Record<string, string>) => mustRun(process.execPath, ['example.js'], { cwd: directory, env })
    expect(await runExample(server, run)).toEqual({ printed: [EXAMPLE_OUTPUT, EXAMPLE_OUTPUT], created: 1 })
  })

  test('openapi-fetch works with its types', async () => {
    const { env, printed } = await prepare(server, directory)
    const output = await mustRun(process.execPath, ['program.js'], { cwd: directory, env })
    expect(JSON.parse(output)).toEqual(printed)
  })
})
