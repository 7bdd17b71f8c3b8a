import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { openEmbedded } from '../../src/db/embedded/embedded.ts'
import { migrate } from '../../src/db/migrate.ts'
import { openPool } from '../../src/db/pool.ts'
import { createDistributed, dropEverywhere, findNodes } from './citus.ts'
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
    /** With MUSTER_TEST_CITUS_URL: the maintenance databases of all machines of the cluster, the coordinator first. */
    citus_nodes: string[]
    /** Of each distributed table of a cluster. */
    shards: number
  }
}

/**
 * One PostgreSQL for the whole run with a migrated template database: MUSTER_TEST_DATABASE_URL, or an embedded one; with
 * MUSTER_TEST_CITUS_URL one cluster, whose template is distributed.
 */
export default async function setup(project: TestProject) {
  const { MUSTER_TEST_CITUS_URL: cluster, MUSTER_TEST_DATABASE_URL } = process.env
  const given = cluster ?? MUSTER_TEST_DATABASE_URL
  const { url, replica_url, stop } = given ? { url: given, stop: async () => {} } : await startOwn()
  const citus_nodes = cluster ? await findNodes(cluster) : []
  const template = `template_${randomUUID().replaceAll('-', '')}`
  await (cluster ? createDistributed(citus_nodes, template, SHARDS) : createMigrated(url, template))
  project.provide('database_url', url)
  project.provide('replica_url', replica_url)
  project.provide('citus_nodes', citus_nodes)
  project.provide('template', template)
  project.provide('shards', SHARDS)
  return async () => {
    await dropEverywhere(cluster ? citus_nodes : [url], template)
    await stop()
  }
}

async function createMigrated(url: string, name: string) {
  await run(url, `create database ${name}`)
  const pool = openPool(databaseUrl(url, name), 1)
  await migrate(pool)
  await pool.close()
}

/** More than one for each worker, so that tests see batches over several shards of one machine. */
const SHARDS = 4

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
