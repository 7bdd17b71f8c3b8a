import { searchTooLong, tooManySearches } from '../../errors.ts'
import { hasCode } from '../../has-code.ts'
import { SQLSTATE } from '../database-errors.ts'
import type { Database, Db } from '../db.ts'
import { perObject } from '../memory/per-object.ts'
import { raw } from '../sql.ts'
import { Semaphore } from './semaphore.ts'

export type DatabaseHolder = { db: Database }

const SHORT_MS = 200
const LONG_MS = 15_000
/** Connections of a process for long reads: the others stay free for devices. */
const MAX_LONG = 3
const MAX_QUEUED = 30

const semaphoreOf = perObject((_env: DatabaseHolder) => new Semaphore({ maxInFlight: MAX_LONG, maxQueued: MAX_QUEUED }))

/**
 * Runs a read that may visit a large number of rows. Most end within the short budget. One that does not is cancelled,
 * and starts again as one of a few long reads, with the long budget; it is refused if it exceeds that too. `isLong`
 * skips the short budget.
 */
export async function withTimeBudget<Result>(
  env: DatabaseHolder,
  read: (db: Db) => Promise<Result>,
  { isLong = false } = {},
): Promise<Result> {
  const short = isLong ? undefined : await within(env, SHORT_MS, (tx) => read(tx))
  if (short) return short.result
  const long = await semaphoreOf(env).run(
    () =>
      within(env, LONG_MS, async (tx) => {
        // In parallel: it visits many rows, even if the planner expects few because of a limit.
        await tx.query(raw('set local parallel_setup_cost = 0'))
        await tx.query(raw('set local parallel_tuple_cost = 0'))
        return read(tx)
      }),
    () => tooManySearches(),
  )
  if (long) return long.result
  throw searchTooLong(LONG_MS / 1000)
}

/** undefined if the read was cancelled. */
async function within<Result>(
  { db }: DatabaseHolder,
  timeout_ms: number,
  read: (tx: Db) => Promise<Result>,
): Promise<{ result: Result } | undefined> {
  try {
    return await db.reads.snapshot(async (tx) => {
      await tx.query(raw(`set local statement_timeout = ${timeout_ms}`))
      return { result: await read(tx) }
    })
  } catch (error) {
    if (hasCode(error, SQLSTATE.query_canceled)) return undefined
    throw error
  }
}
