import { hasCode } from '../../error-code.ts'
import { searchTooLong, tooManySearches } from '../../errors.ts'
import { SQLSTATE } from '../database-errors.ts'
import type { Database, Db } from '../db.ts'
import { perObject } from '../memory/per-object.ts'
import { raw } from '../sql.ts'
import { Semaphore } from './semaphore.ts'

export type Holder = { db: Database }

const QUICK_MS = 200
const LONG_MS = 15_000
/** Of the connections of a process at the most: the others stay free for devices. */
const LONG_ONES = 3
const MOST_WAITING = 30

const semaphoreOf = perObject((_env: Holder) => new Semaphore({ atOnce: LONG_ONES, mostWaiting: MOST_WAITING }))

/**
 * A read that may have to look at very many rows. Nearly all end soon; one that does not begins again when its turn comes among
 * the few long ones, and is refused where it takes too long even so. `isLong`: it is known to be one of these.
 */
export async function withTimeBudget<Result>(
  env: Holder,
  read: (db: Db) => Promise<Result>,
  { isLong = false } = {},
): Promise<Result> {
  const quick = isLong ? undefined : await within(env, QUICK_MS, (tx) => read(tx))
  if (quick) return quick.result
  const long = await semaphoreOf(env).run(
    () =>
      within(env, LONG_MS, async (tx) => {
        // It looks at much, whatever the planner makes of its limit: together with others.
        await tx.query(raw('set local parallel_setup_cost = 0'))
        await tx.query(raw('set local parallel_tuple_cost = 0'))
        return read(tx)
      }),
    () => tooManySearches(),
  )
  if (long) return long.result
  throw searchTooLong(LONG_MS / 1000)
}

/** undefined if it was cut short. */
async function within<Result>(
  { db }: Holder,
  ms: number,
  read: (tx: Db) => Promise<Result>,
): Promise<{ result: Result } | undefined> {
  try {
    return await db.reads.snapshot(async (tx) => {
      await tx.query(raw(`set local statement_timeout = ${ms}`))
      return { result: await read(tx) }
    })
  } catch (error) {
    if (hasCode(error, SQLSTATE.query_canceled)) return undefined
    throw error
  }
}
