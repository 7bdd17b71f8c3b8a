import { randomUUID } from 'node:crypto'
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
    /** The maintenance database. */
    database_url: string
    /** The name of the database that is migrated and cloned for each server. */
    template: string
  }
}

/** One PostgreSQL for the whole run, with a migrated template database: the one of MUSTER_TEST_DATABASE_URL, or an embedded one. */
export default async function setup(project: TestProject) {
  const given = process.env.MUSTER_TEST_DATABASE_URL
  const { url, stop } = given ? { url: given, stop: async () => {} } : await startEmbedded()
  const template = `template_${randomUUID().replaceAll('-', '')}`
  await run(url, `create database ${template}`)
  const pool = openPool(databaseUrl(url, template), 1)
  await migrate(pool)
  await pool.close()
  project.provide('database_url', url)
  project.provide('template', template)
  return async () => {
    await run(url, `drop database ${template} with (force)`)
    await stop()
  }
}

async function startEmbedded() {
  const dir = await mkdtemp(join(tmpdir(), 'muster-test-'))
  const embedded = await openEmbedded(dir, { exclusive: true })
  const stop = async () => {
    await embedded.stop()
    await rm(dir, { recursive: true, force: true })
  }
  return { url: embedded.url, stop }
}

/** Runs a statement on a connection of its own. */
export async function run(url: string, statement: string): Promise<void> {
  const client = new pg.Client(url)
  await client.connect()
  await client.query(statement).finally(() => client.end())
}

export const databaseUrl = (url: string, name: string): string => url.replace(/\/[^/?]*(?=\?|$)/, `/${name}`)
