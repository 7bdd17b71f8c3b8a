import type pg from 'pg'

/** The statements by which a transaction of a pool begins, from its first transaction on. */
const statements = new WeakMap<pg.Pool, string>()

/**
 * Begins a transaction. On a database distributed by `muster distribute`, Citus would commit a transaction that changed
 * one shard by one task on the shard's machine first and then on this one, without two-phase commit: a power failure in
 * between leaves half of it. It does use two-phase commit for every transaction that writes to a table of its own on
 * this machine, even if no row changes.
 */
export async function begin(client: pg.PoolClient, pool: pg.Pool, settings = ''): Promise<void> {
  const text = statements.get(pool) ?? (await statementsFor(client))
  statements.set(pool, text)
  await client.query(text + settings)
}

async function statementsFor(client: pg.PoolClient): Promise<string> {
  const { rows } = await client.query<{ is_distributed: boolean }>(
    `select to_regclass('two_phase') is not null and not pg_is_in_recovery() as is_distributed`,
  )
  return rows[0]?.is_distributed ? 'begin; delete from two_phase' : 'begin'
}
