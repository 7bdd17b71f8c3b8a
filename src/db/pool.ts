import pg from 'pg'
import { hasCode } from '../has-code.ts'
import { gauge } from '../metrics/metric.ts'
import { begin } from './begin.ts'
import { confirmedCommit } from './citus/confirmed-commit.ts'
import { type Distribution, readShards } from './citus/shards.ts'
import { checkOut, connectionOptions, LOOK_UPS_ONLY, queryOn, SNAPSHOT } from './connections.ts'
import { SQLSTATE } from './database-errors.ts'
import type { Database, Transaction } from './db.ts'
import { openHistory } from './history.ts'
import { openChangeFeed } from './invalidations/change-feed.ts'
import { preparing, toMarked, toPrepared } from './prepare.ts'
import { empty, raw, type Sql, toQuery } from './sql.ts'

const MAX_TRIES = 5

const HOT_SHARE = 2 / 7
/** A plan made while a table was small is dropped with its connection. */
const HOT_LIFETIME_S = 60
const FENCE = raw('offset 0')

/**
 * A pool of `size` connections to PostgreSQL 15 or later. `url` as in DATABASE_URL; a socket directory goes in
 * `?host=`. `timeout_s`: how long a statement may take; undefined: as long as it needs. `log` is called when another
 * history begins.
 */
export function openPool(url: string, size: number, timeout_s?: number, log?: (message: string) => void): Database {
  const options = connectionOptions(url, timeout_s)
  const hotSize = Math.ceil(size * HOT_SHARE)
  const history = openHistory(log)
  const distribution: Distribution = { shards: undefined }
  const pool = new pg.Pool({
    ...{ ...options, pipeline: true, max: Math.max(1, size - hotSize) },
    onConnect: async (client) => {
      await history.identify(client)
      distribution.shards ??= await readShards(client)
    },
  })
  const hot = new pg.Pool({
    ...{ ...options, max: hotSize, maxLifetimeSeconds: HOT_LIFETIME_S },
    onConnect: async (client) => {
      await history.identify(client)
      distribution.shards = await readShards(client)
      // Citus plans each execution for its shards: it supports neither a generic plan nor a subquery with an offset.
      if (!distribution.shards) await client.query(LOOK_UPS_ONLY)
    },
  })
  const changes = openChangeFeed(options, history)
  const beginHot = preparing()
  const both = [pool, hot]
  for (const one of both) {
    // A connection lost while idle is replaced at the next query; without a listener its error would end the process.
    one.on('error', () => {})
    pools.add(one)
  }
  return {
    ...queryOn(pool, { distribution }),
    transaction: (work) => retried(() => transact(pool, { start: beginPlain, work, distribution })),
    pages: (statement, size) => readPages(pool, statement, size),
    reads: {
      ...queryOn(pool, { distribution }),
      snapshot: (read) => transact(pool, { start: beginSnapshot, work: read, distribution }),
    },
    hot: {
      ...queryOn(hot, { distribution, toConfig: toPrepared }),
      transaction: (work) => retried(() => transact(pool, { start: beginHot, work, distribution })),
      get fence() {
        return distribution.shards ? empty : FENCE
      },
    },
    changes,
    history: history.number,
    close: async () => {
      for (const one of both) pools.delete(one)
      await Promise.all([changes.close(), ...both.map((one) => one.end())])
    },
  }
}

const pools = new Set<pg.Pool>()
const total = (count: (pool: pg.Pool) => number) => [...pools].reduce((sum, pool) => sum + count(pool), 0)
gauge({ name: 'muster_database_connections', help: 'Connections to the database, by what they do' }, () => [
  { labels: { state: 'in_use' }, value: total(({ totalCount, idleCount }) => totalCount - idleCount) },
  { labels: { state: 'idle' }, value: total(({ idleCount }) => idleCount) },
])
gauge({ name: 'muster_database_waiting', help: 'Requests that wait for a connection to the database' }, () => [
  { labels: {}, value: total(({ waitingCount }) => waitingCount) },
])

/** Returns whether statements that are marked are to be prepared. */
type Begin = (client: pg.PoolClient, pool: pg.Pool) => Promise<boolean>
type Work<Result> = { start: Begin; work: (tx: Transaction) => Promise<Result>; distribution: Distribution }

const beginPlain: Begin = async (client, pool) => {
  await begin(client, pool)
  return false
}

const beginSnapshot: Begin = async (client) => {
  await client.query(SNAPSHOT)
  return false
}

async function transact<Result>(pool: pg.Pool, { start, work, distribution }: Work<Result>): Promise<Result> {
  const { client, release } = await checkOut(pool)
  const sent: Promise<unknown>[] = []
  let first_error: unknown
  const query = (config: pg.QueryConfig) => {
    const result = client.query(config)
    result.catch((error) => {
      first_error ??= error
    })
    return result
  }
  try {
    // Awaited: after a failed `begin`, the statements that follow would run outside of a transaction.
    const toConfig = (await start(client, pool)) ? toMarked : toQuery
    const tx = queryOn({ query }, { distribution, toConfig })
    const result = await work({ ...tx, send: (statement) => sent.push(query(toConfig(statement))) })
    // The order matters: the statements precede the commit. After one that failed, the commit rolls back without an
    // error of its own.
    await confirmedCommit(client, distribution, () => Promise.all([...sent, client.query('commit')]))
    return result
  } catch (error) {
    // Statements sent after the one that failed report only that the transaction has failed.
    const cause = hasCode(error, SQLSTATE.in_failed_sql_transaction) ? first_error : error
    // A server that only reads is no longer the primary: the next try needs another connection.
    if (hasCode(cause, SQLSTATE.read_only_sql_transaction)) release(cause as Error)
    else await client.query('rollback').catch(release)
    throw cause
  } finally {
    release()
  }
}

const PAGE_TIMEOUT_MS = 30_000

async function* readPages<Row>(pool: pg.Pool, statement: Sql, size: number): AsyncGenerator<Row[]> {
  const { client, release } = await checkOut(pool)
  const { text, values } = toQuery(statement)
  let last: Row[]
  try {
    await client.query(`begin read only; set local idle_in_transaction_session_timeout = ${PAGE_TIMEOUT_MS}`)
    await client.query(`declare pages no scroll cursor for ${text}`, values)
    const next = async () => (await client.query(`fetch ${size} from pages`)).rows as Row[]
    for (last = await next(); last.length === size; last = await next()) yield last
  } finally {
    await client.query('rollback').catch(release)
    release()
  }
  // The last page, often the only one, holds no connection while it is sent.
  if (last.length > 0) yield last
}

/** Nothing was done, and another try may succeed at once. */
const TRANSIENT = [SQLSTATE.serialization_failure, SQLSTATE.deadlock_detected, SQLSTATE.read_only_sql_transaction]

async function retried<Result>(run: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await run()
    } catch (error) {
      const isTransient = hasCode(error, ...TRANSIENT)
      if (tries === MAX_TRIES || !isTransient) throw error
    }
  }
}
