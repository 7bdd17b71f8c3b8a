import { copyFile, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startServer, type TestServer } from '../support/server.ts'
import { prepare } from './generated.ts'
import { mustRun, scratchDirectory } from './programs.ts'

const GENERATORS = resolve(import.meta.dirname, 'generators')
const MODULES = resolve(import.meta.dirname, '../../node_modules')
const generator = dirname(createRequire(`${GENERATORS}/package.json`).resolve('openapi-typescript/package.json'))
const compilerOptions = { module: 'nodenext', target: 'es2023', types: ['node'], strict: true, skipLibCheck: false }

let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server[Symbol.asyncDispose]())

const directory = scratchDirectory()

test('a TypeScript client that is generated from the document compiles, and works', async () => {
  const node = (...args: string[]) => mustRun(process.execPath, args, { cwd: directory })
  await node(join(generator, 'bin/cli.js'), `${server.url}/api/openapi.json`, '--output', 'api.d.ts')
  await copyFile(join(GENERATORS, 'program.ts'), join(directory, 'program.ts'))
  await symlink(MODULES, join(directory, 'node_modules'))
  await writeFile(join(directory, 'package.json'), JSON.stringify({ type: 'module' }))
  await writeFile(join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['program.ts'] }))
  await node(join(MODULES, 'typescript/bin/tsc'))

  const { env, printed } = await prepare(server, directory)
  const output = await mustRun(process.execPath, ['program.js'], { cwd: directory, env })
  expect(JSON.parse(output)).toEqual(printed)
})
