import type pg from 'pg'
import { begin } from './begin.ts'
import { isPrepared, type Sql, toQuery } from './sql.ts'

const names = new Map<string, string>()

/** Names a statement by its text, so that each connection parses and plans it once. */
export function toPrepared(statement: Sql): pg.QueryConfig {
  const query = toQuery(statement)
  const name = names.get(query.text) ?? `statement ${names.size + 1}`
  names.set(query.text, name)
  return { name, ...query }
}

/** Only the statements that are marked. */
export const toMarked = (statement: Sql): pg.QueryConfig =>
  isPrepared(statement) ? toPrepared(statement) : toQuery(statement)

/**
 * A plan made while a table is nearly empty scans it, and is kept while it fills. Each row of this table takes a device
 * some minutes, so it is large before it matters. Of a distributed table only the shards have a size: those plans are
 * not kept.
 */
const IS_LARGE = `select pg_relation_size('device_deployments') > 1024 * 1024 as is_large`
const CHECK_MS = 1000

// As `LOOK_UPS_ONLY`.
const LOOK_UPS = '; set local enable_seqscan = off; set local plan_cache_mode = force_generic_plan; set local jit = off'

/** Begins the transactions of one pool that prepare what is marked, once the table that they write is large enough. */
export function preparing() {
  let is_large = false
  let checked_ms = Number.NEGATIVE_INFINITY
  return async (client: pg.PoolClient, pool: pg.Pool): Promise<boolean> => {
    const now_ms = performance.now()
    if (!is_large && now_ms - checked_ms >= CHECK_MS) {
      checked_ms = now_ms
      is_large = (await client.query<{ is_large: boolean }>(IS_LARGE)).rows[0]?.is_large ?? false
    }
    await begin(client, pool, is_large ? LOOK_UPS : '')
    return is_large
  }
}
