import pg from 'pg'
import type { Database, Db } from './db.ts'
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

const RETRIED = new Set(['40001', '40P01'])
const MOST_TRIES = 5

/** A pool on PostgreSQL 15 or later. `url` as in DATABASE_URL; a socket directory goes in `?host=`. */
export function openPool(url: string, size: number): Database {
  const pool = new pg.Pool({ connectionString: url, max: size, types, application_name: 'muster' })
  // A connection lost while idle is replaced at the next query; without a listener it would end the process.
  pool.on('error', () => {})
  return {
    ...onto(pool),
    transaction: (work) => retried(() => transact(pool, work)),
    close: () => pool.end(),
  }
}

const onto = (target: pg.Pool | pg.PoolClient): Db => {
  const query = async <Row>(statement: Sql) => (await target.query(toQuery(statement))).rows as Row[]
  return { query, first: async <Row>(statement: Sql) => (await query<Row>(statement))[0] }
}

async function transact<Result>(pool: pg.Pool, work: (tx: Db) => Promise<Result>): Promise<Result> {
  const client = await pool.connect()
  let broken: Error | undefined
  const noteLoss = (error: Error) => {
    broken = error
  }
  client.on('error', noteLoss)
  try {
    await client.query('begin')
    const result = await work(onto(client))
    await client.query('commit')
    return result
  } catch (error) {
    await client.query('rollback').catch((lost: Error) => {
      broken = lost
    })
    throw error
  } finally {
    client.off('error', noteLoss)
    client.release(broken)
  }
}

async function retried<Result>(run: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await run()
    } catch (error) {
      if (tries === MOST_TRIES || !RETRIED.has((error as { code?: string }).code ?? '')) throw error
    }
  }
}
