import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { openEmbedded } from '../../src/db/embedded.ts'
import { migrate } from '../../src/db/migrate.ts'
import { openPool } from '../../src/db/pool.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The maintenance database; `template` is migrated and cloned for each server. */
    database_url: string
  }
}

/** One embedded PostgreSQL for the whole run, with a migrated template database. */
export default async function setup(project: TestProject) {
  const dir = await mkdtemp(join(tmpdir(), 'muster-test-'))
  const embedded = await openEmbedded(dir, { exclusive: true })
  const admin = new pg.Client(embedded.url)
  await admin.connect()
  await admin.query('create database template')
  await admin.end()
  const template = openPool(databaseUrl(embedded.url, 'template'), 1)
  await migrate(template)
  await template.close()
  project.provide('database_url', embedded.url)
  return async () => {
    await embedded.stop()
    await rm(dir, { recursive: true, force: true })
  }
}

export const databaseUrl = (url: string, name: string): string => url.replace(/\/muster\?/, `/${name}?`)
