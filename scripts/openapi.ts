import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { buildApp } from '../src/app.ts'
import { readConfig } from '../src/config.ts'
import type { Env } from '../src/env.ts'

// Writes the OpenAPI document and the schema of rollout files as the server sends them. Building the routes reads neither the database nor the store.
const env = { config: readConfig({}), log: pino({ level: 'silent' }) } as Env
const http = await buildApp(env)
await http.ready()
for (const name of ['openapi.json', 'rollout-file.schema.json']) {
  const { body } = await http.inject({ url: `/api/${name}` })
  const file = fileURLToPath(new URL(`../docs/${name}`, import.meta.url))
  writeFileSync(file, `${JSON.stringify(JSON.parse(body), null, 2)}\n`)
  console.log(`Wrote ${file}`)
}
await http.close()
