import pg from 'pg'
import type { Distribution } from './citus/shards.ts'
import type { Db } from './db.ts'
import { type Sql, toQuery } from './sql.ts'

const { builtins } = pg.types

/** The common form, of a session in UTC, is rearranged: parsing a date costs several times as much. */
function toUtc(text: string): string {
  const has_four_digits = text[4] === '-' && text[10] === ' '
  if (!has_four_digits || !text.endsWith('+00')) return text.includes('infinity') ? text : new Date(text).toISOString()
  const milliseconds = text.slice(20, -3).padEnd(3, '0').slice(0, 3)
  return `${text.slice(0, 10)}T${text.slice(11, 19)}.${milliseconds}Z`
}

const parsers = new Map<number, (text: string) => unknown>([
  [builtins.INT8, Number],
  [builtins.TIMESTAMPTZ, toUtc],
])
const types = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    (format !== 'binary' && parsers.get(oid)) || pg.types.getTypeParser(oid, format),
} as pg.CustomTypesConfig

/** `timeout_s`: how long a statement may take; undefined: as long as it needs. */
export const connectionOptions = (url: string, timeout_s?: number): pg.PoolConfig => ({
  ...timeouts(timeout_s),
  ...{ connectionString: url, types, application_name: 'muster' },
  // A machine that has lost its power closes no connection.
  ...{ keepAlive: true, keepAliveInitialDelayMillis: KEEP_ALIVE_MS },
})

const KEEP_ALIVE_MS = 10_000

/**
 * Waiting for a lock or a connection may take a third of the time, so that a waiting request fails before the one that
 * runs.
 */
function timeouts(timeout_s?: number): pg.PoolConfig {
  if (timeout_s === undefined) return {}
  const timeout_ms = timeout_s * 1000
  const waiting_ms = Math.ceil(timeout_ms / 3)
  return {
    connectionTimeoutMillis: waiting_ms,
    lock_timeout: waiting_ms,
    statement_timeout: timeout_ms,
    idle_in_transaction_session_timeout: timeout_ms,
    // For a database that no longer responds, for example because its machine is down.
    query_timeout: timeout_ms + waiting_ms,
  }
}

/**
 * For a connection on which each statement is prepared once: its plan must not depend on the size of a table when it was
 * made. Up to version 17 of PostgreSQL a forbidden scan has a cost at which every execution is compiled, which takes
 * half a second.
 */
export const LOOK_UPS_ONLY =
  'set enable_seqscan = off; set enable_bitmapscan = off; set plan_cache_mode = force_generic_plan; set jit = off'

/** Begins a transaction whose statements all see the same snapshot. */
export const SNAPSHOT = 'begin isolation level repeatable read read only'

type ToConfig = (statement: Sql) => pg.QueryConfig

type Target = { query(config: pg.QueryConfig): Promise<pg.QueryResult> }

type On = { distribution?: Distribution; toConfig?: ToConfig }

export const queryOn = (target: Target, { distribution = { shards: undefined }, toConfig = toQuery }: On = {}): Db => {
  const query = async <Row>(statement: Sql) => (await target.query(toConfig(statement))).rows as Row[]
  return { query, first: async <Row>(statement: Sql) => (await query<Row>(statement))[0], distribution }
}

type CheckedOut = { client: pg.PoolClient; release(error?: Error): void }

/** Takes a connection out of the pool. One that is lost in the meantime does not go back. */
export const checkOut = (pool: pg.Pool): Promise<CheckedOut> =>
  new Promise((resolve, reject) => {
    // By callback: before the continuation of a promise runs, the connection may be lost, and its error would end the
    // process.
    pool.connect((error, client) => (client ? resolve(guarded(client)) : reject(error)))
  })

function guarded(client: pg.PoolClient): CheckedOut {
  let loss: Error | undefined
  const onError = (error: Error) => {
    loss = error
  }
  client.on('error', onError)
  let isReleased = false
  const release = (error = loss) => {
    if (isReleased) return
    isReleased = true
    client.off('error', onError)
    client.release(error)
  }
  return { client, release }
}
