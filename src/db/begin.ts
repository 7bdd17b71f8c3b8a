import type pg from 'pg'

/** How the transactions of a pool begin, once it is known. */
const known = new WeakMap<pg.Pool, string>()

/**
 * On a database that `muster distribute` has spread over several machines, a transaction that changed one shard by one task would be
 * committed on that shard's machine first, and then, unless the power fails, on this one. Whatever changes a table that Citus
 * keeps on this machine is committed on all of them or on none, be it nothing in a table that is always empty.
 */
export async function begin(client: pg.PoolClient, pool: pg.Pool): Promise<void> {
  const statements = known.get(pool) ?? (await statementsFor(client))
  known.set(pool, statements)
  await client.query(statements)
}

async function statementsFor(client: pg.PoolClient): Promise<string> {
  const { rows } = await client.query<{ is_distributed: boolean }>(
    `select to_regclass('two_phase') is not null and not pg_is_in_recovery() as is_distributed`,
  )
  return rows[0]?.is_distributed ? 'begin; delete from two_phase' : 'begin'
}
