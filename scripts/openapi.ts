import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { buildApp } from '../src/app.ts'
import { readConfig } from '../src/config.ts'
import type { Env } from '../src/env.ts'

// Writes the OpenAPI document as the server sends it. Building the routes reads neither the database nor the store.
const env = { config: readConfig({}), log: pino({ level: 'silent' }) } as Env
const http = await buildApp(env)
await http.ready()
const { body } = await http.inject({ url: '/api/openapi.json' })
const file = fileURLToPath(new URL('../docs/openapi.json', import.meta.url))
writeFileSync(file, `${JSON.stringify(JSON.parse(body), null, 2)}\n`)
console.log(`Wrote ${file}`)
await http.close()
