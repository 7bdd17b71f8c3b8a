import pg from 'pg'
import { hasCode } from '../error-code.ts'
import { gauge } from '../metrics/metric.ts'
import { begin } from './begin.ts'
import { checkOut, connectionOptions, queryOn, SNAPSHOT } from './connections.ts'
import { SQLSTATE } from './database-errors.ts'
import type { Database, Transaction } from './db.ts'
import { empty, raw, type Sql, toQuery } from './sql.ts'

const MOST_TRIES = 5

const HOT_SHARE = 2 / 7
/** A plan made while a table was small is not kept for long. */
const HOT_LIFETIME_S = 60
const LOOK_UPS_ONLY = 'set enable_seqscan = off; set enable_bitmapscan = off; set plan_cache_mode = force_generic_plan'
const HAS_CITUS = `select 1 from pg_extension where extname = 'citus'`

/**
 * A pool of so many connections to PostgreSQL 15 or later. `url` as in DATABASE_URL; a socket directory goes in `?host=`.
 * `patience_s`: how long a statement may take at the most; undefined: as long as it needs.
 */
export function openPool(url: string, size: number, patience_s?: number): Database {
  const options = connectionOptions(url, patience_s)
  const hotSize = Math.ceil(size * HOT_SHARE)
  const pool = new pg.Pool({ ...options, pipeline: true, max: Math.max(1, size - hotSize) })
  let apart = raw('offset 0')
  const hot = new pg.Pool({
    ...{ ...options, max: hotSize, maxLifetimeSeconds: HOT_LIFETIME_S },
    onConnect: async (client) => {
      // Citus plans each statement for its shards: it refuses one plan for any parameters, and what is to be kept apart.
      if ((await client.query(HAS_CITUS)).rowCount) apart = empty
      else await client.query(LOOK_UPS_ONLY)
    },
  })
  const both = [pool, hot]
  for (const one of both) {
    // A connection lost while idle is replaced at the next query; without a listener it would end the process.
    one.on('error', () => {})
    opened.add(one)
  }
  return {
    ...queryOn(pool),
    transaction: (work) => retried(() => transact(pool, { start: begin, work })),
    pages: (statement, size) => readPages(pool, statement, size),
    reads: { ...queryOn(pool), snapshot: (read) => transact(pool, { start: beginSnapshot, work: read }) },
    hot: {
      ...queryOn(hot, toPrepared),
      get fence() {
        return apart
      },
    },
    close: async () => {
      for (const one of both) opened.delete(one)
      await Promise.all(both.map((one) => one.end()))
    },
  }
}

const names = new Map<string, string>()

/** A statement of the same text is parsed and planned once a connection. */
function toPrepared(statement: Sql): pg.QueryConfig {
  const query = toQuery(statement)
  const name = names.get(query.text) ?? `statement ${names.size + 1}`
  names.set(query.text, name)
  return { name, ...query }
}

const opened = new Set<pg.Pool>()
const inAll = (count: (pool: pg.Pool) => number) => [...opened].reduce((sum, pool) => sum + count(pool), 0)
gauge({ name: 'muster_database_connections', help: 'Connections to the database, by what they do' }, () => [
  { labels: { state: 'in_use' }, value: inAll(({ totalCount, idleCount }) => totalCount - idleCount) },
  { labels: { state: 'idle' }, value: inAll(({ idleCount }) => idleCount) },
])
gauge({ name: 'muster_database_waiting', help: 'Requests that wait for a connection to the database' }, () => [
  { labels: {}, value: inAll(({ waitingCount }) => waitingCount) },
])

type Begin = (client: pg.PoolClient, pool: pg.Pool) => Promise<unknown>
type Work<Result> = { start: Begin; work: (tx: Transaction) => Promise<Result> }

const beginSnapshot: Begin = (client) => client.query(SNAPSHOT)

async function transact<Result>(pool: pg.Pool, { start, work }: Work<Result>): Promise<Result> {
  const { client, release: giveBack } = await checkOut(pool)
  const sent: Promise<unknown>[] = []
  let first: unknown
  const query = (config: pg.QueryConfig) => {
    const done = client.query(config)
    done.catch((error) => {
      first ??= error
    })
    return done
  }
  try {
    // Waited for: what follows a `begin` that failed would be no transaction.
    await start(client, pool)
    const result = await work({ ...queryOn({ query }), send: (statement) => sent.push(query(toQuery(statement))) })
    // After a statement that failed, a commit rolls back and does not say so: the statement does.
    await Promise.all([...sent, client.query('commit')])
    return result
  } catch (error) {
    await client.query('rollback').catch(giveBack)
    // What stood behind a statement that failed says no more than that.
    throw hasCode(error, SQLSTATE.in_failed_sql_transaction) ? first : error
  } finally {
    giveBack()
  }
}

const PAGE_PATIENCE_MS = 30_000

async function* readPages<Row>(pool: pg.Pool, statement: Sql, size: number): AsyncGenerator<Row[]> {
  const { client, release: giveBack } = await checkOut(pool)
  const { text, values } = toQuery(statement)
  let last: Row[]
  try {
    await client.query(`begin read only; set local idle_in_transaction_session_timeout = ${PAGE_PATIENCE_MS}`)
    await client.query(`declare pages no scroll cursor for ${text}`, values)
    const next = async () => (await client.query(`fetch ${size} from pages`)).rows as Row[]
    for (last = await next(); last.length === size; last = await next()) yield last
  } finally {
    await client.query('rollback').catch(giveBack)
    giveBack()
  }
  // What fits into one page holds no connection while it is sent.
  if (last.length > 0) yield last
}

async function retried<Result>(run: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await run()
    } catch (error) {
      const isTransient = hasCode(error, SQLSTATE.serialization_failure, SQLSTATE.deadlock_detected)
      if (tries === MOST_TRIES || !isTransient) throw error
    }
  }
}
