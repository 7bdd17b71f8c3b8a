import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { inject } from 'vitest'
import { createEverywhere, dropEverywhere } from './citus.ts'
import { databaseUrl, run } from './run-statement.ts'

export type Cloned = { url: string; replica_url?: string; drop: () => Promise<unknown> }

/** A separate database, cloned from the template. */
export async function cloneDatabase(): Promise<Cloned> {
  const url = inject('database_url')
  const name = `t_${randomUUID().replaceAll('-', '')}`
  // Concurrent clones of the same template fail; the lock serializes them.
  const admin = new pg.Client(url)
  await admin.connect()
  await admin.query('select pg_advisory_lock(1)')
  const nodes = inject('citus_nodes')
  const clone =
    nodes.length > 0
      ? createEverywhere(nodes, name, inject('template'))
      : admin.query(`create database ${name} template ${inject('template')}`)
  await clone.finally(() => admin.end())
  const replica_url = inject('replica_url')
  return {
    url: databaseUrl(url, name),
    ...(replica_url ? { replica_url: databaseUrl(replica_url, name) } : {}),
    drop: async () => {
      const left = await connectionsTo(url, name)
      await (nodes.length > 0 ? dropEverywhere(nodes, name) : run(url, `drop database if exists ${name} with (force)`))
      if (left.length > 0) throw new Error(`Connections to the database were left open: ${left.join('; ')}`)
    },
  }
}

const CLOSED_WITHIN_MS = 5000

/**
 * The last statements of connections that stay open, but those between the machines of a cluster. PostgreSQL needs a
 * moment to notice that a client has closed.
 */
async function connectionsTo(url: string, name: string): Promise<string[]> {
  for (const deadline = Date.now() + CLOSED_WITHIN_MS; ; ) {
    const open = await run<{ query: string }>(
      url,
      `select query from pg_stat_activity where datname = '${name}' and backend_type = 'client backend'
        and application_name not like 'citus_internal%'`,
    )
    if (open.length === 0 || Date.now() > deadline) return open.map(({ query }) => query.slice(0, 200))
    await new Promise((wake) => setTimeout(wake, 20))
  }
}
