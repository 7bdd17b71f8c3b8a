import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { openEmbedded } from '../../src/db/embedded/embedded.ts'
import { migrate } from '../../src/db/migrate.ts'
import { openPool } from '../../src/db/pool.ts'
import { startPair } from './replica.ts'
import { databaseUrl, run } from './run-statement.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The maintenance database. */
    database_url: string
    /** The name of the database that is migrated and cloned for each server. */
    template: string
    /** With MUSTER_TEST_REPLICA: the replica for lists and statistics. */
    replica_url: string | undefined
  }
}

/** One PostgreSQL for the whole run with a migrated template database: MUSTER_TEST_DATABASE_URL, or an embedded one. */
export default async function setup(project: TestProject) {
  const given = process.env.MUSTER_TEST_DATABASE_URL
  const { url, replica_url, stop } = given ? { url: given, stop: async () => {} } : await startOwn()
  const template = `template_${randomUUID().replaceAll('-', '')}`
  await run(url, `create database ${template}`)
  const pool = openPool(databaseUrl(url, template), 1)
  await migrate(pool)
  await pool.close()
  project.provide('database_url', url)
  project.provide('replica_url', replica_url)
  project.provide('template', template)
  return async () => {
    await run(url, `drop database ${template} with (force)`)
    await stop()
  }
}

type Own = { url: string; replica_url?: string; stop(): Promise<void> }

async function startOwn(): Promise<Own> {
  if (process.env.MUSTER_TEST_REPLICA) {
    const pair = await startPair()
    return { url: pair.primary_url, replica_url: pair.replica_url, stop: async () => pair[Symbol.asyncDispose]() }
  }
  const dir = await mkdtemp(join(tmpdir(), 'muster-test-'))
  const embedded = await openEmbedded(dir, { exclusive: true })
  // It is deleted after the run, so nothing has to wait for the disk.
  for (const setting of ['fsync', 'full_page_writes']) await run(embedded.url, `alter system set ${setting} = off`)
  await run(embedded.url, 'select pg_reload_conf()')
  const stop = async () => {
    await embedded.stop()
    await rm(dir, { recursive: true, force: true })
  }
  return { url: embedded.url, stop }
}
