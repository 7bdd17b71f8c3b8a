import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { buildApp } from '../src/app.ts'
import { readConfig } from '../src/config.ts'
import type { Env } from '../src/env.ts'
import { typesOf } from './client-types.ts'

// Writes the OpenAPI document and the schema of rollout files as the server sends them, and the types of the client.
// Building the routes reads neither the database nor the store.
const ROOT = fileURLToPath(new URL('..', import.meta.url))
const env = { config: readConfig({}), log: pino({ level: 'silent' }) } as Env
const http = await buildApp(env)
await http.ready()
for (const name of ['openapi.json', 'rollout-file.schema.json']) {
  const { body } = await http.inject({ url: `/api/${name}` })
  const file = join(ROOT, 'docs', name)
  writeFileSync(file, `${JSON.stringify(JSON.parse(body), null, 2)}\n`)
  console.log(`Wrote ${file}`)
}
await http.close()

const types = typesOf(join(ROOT, 'docs', 'openapi.json'), join(ROOT, 'src', 'client', 'api.ts'))
execFileSync(process.execPath, types, { stdio: 'inherit' })
