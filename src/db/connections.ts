import pg from 'pg'
import type { Db } from './db.ts'
import { type Sql, toQuery } from './sql.ts'

const { builtins } = pg.types
const utc = (text: string): string => (text.includes('infinity') ? text : new Date(text).toISOString())
const parsers = new Map<number, (text: string) => unknown>([
  [builtins.INT8, Number],
  [builtins.TIMESTAMPTZ, utc],
])
const types = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    (format !== 'binary' && parsers.get(oid)) || pg.types.getTypeParser(oid, format),
} as pg.CustomTypesConfig

/** `patience_s`: how long a statement may take at the most; undefined: as long as it needs. */
export const connectionOptions = (url: string, patience_s?: number): pg.PoolConfig => ({
  ...limits(patience_s),
  ...{ connectionString: url, types, application_name: 'muster' },
})

/** Waiting for others takes a third of it, so that whoever waits is told before whoever works. */
function limits(patience_s?: number): pg.PoolConfig {
  if (patience_s === undefined) return {}
  const patience_ms = patience_s * 1000
  const waiting_ms = Math.ceil(patience_ms / 3)
  return {
    connectionTimeoutMillis: waiting_ms,
    lock_timeout: waiting_ms,
    statement_timeout: patience_ms,
    idle_in_transaction_session_timeout: patience_ms,
    // For a database that answers nothing any more, as when its machine is gone.
    query_timeout: patience_ms + waiting_ms,
    keepAlive: true,
  }
}

/** Begins a transaction that sees one moment. */
export const SNAPSHOT = 'begin isolation level repeatable read read only'

type Form = (statement: Sql) => pg.QueryConfig

type Target = { query(config: pg.QueryConfig): Promise<pg.QueryResult> }

export const queryOn = (target: Target, form: Form = toQuery): Db => {
  const query = async <Row>(statement: Sql) => (await target.query(form(statement))).rows as Row[]
  return { query, first: async <Row>(statement: Sql) => (await query<Row>(statement))[0] }
}

type CheckedOut = { client: pg.PoolClient; release(lost?: Error): void }

/** A connection of one's own. One that is lost meanwhile does not go back to the others. */
export const checkOut = (pool: pg.Pool): Promise<CheckedOut> =>
  new Promise((resolve, reject) => {
    // No promise of the pool's: before it is continued, the loss of the connection may have come, and ended the process.
    pool.connect((error, client) => (client ? resolve(lend(client)) : reject(error)))
  })

function lend(client: pg.PoolClient): CheckedOut {
  let broken: Error | undefined
  const noteLoss = (error: Error) => {
    broken = error
  }
  client.on('error', noteLoss)
  let isBack = false
  const giveBack = (lost = broken) => {
    if (isBack) return
    isBack = true
    client.off('error', noteLoss)
    client.release(lost)
  }
  return { client, release: giveBack }
}
