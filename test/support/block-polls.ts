import pg from 'pg'
import type { TestServer } from './server.ts'

/** Until the lock is released, no poll learns what has changed. */
export async function blockPolls({ database_url }: TestServer): Promise<{ unlock(): Promise<void> }> {
  const client = new pg.Client({ connectionString: database_url })
  await client.connect()
  await client.query('begin; lock table invalidations in access exclusive mode')
  return { unlock: () => client.end() }
}
