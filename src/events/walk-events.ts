import { and, raw, type Sql, sql } from '../db/sql.ts'
import type { Env } from '../env.ts'
import type { PastEvent } from './event.ts'
import { conditionsOf, type EventQuery, selectEvents } from './event-rows.ts'

const CHUNK = 1000

/**
 * All events that match, in chunks. They need no common snapshot: events that are recorded during the walk are later
 * than all earlier ones.
 */
export async function* walkEvents(
  env: Pick<Env, 'db'>,
  { ascending, ...query }: EventQuery,
): AsyncGenerator<PastEvent[]> {
  const beyond = raw(ascending ? '>' : '<')
  let afterLast: Sql[] = []
  for (;;) {
    const matching = and([...conditionsOf(query), ...afterLast])
    const events = await selectEvents(env.db.reads, { matching, ascending, limit: CHUNK })
    const last = events.at(-1)
    if (!last) return
    yield events
    afterLast = [sql`time ${beyond} ${last.time}`]
  }
}
