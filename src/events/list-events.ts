import type { Db } from '../db/db.ts'
import { withTimeBudget } from '../db/locks/time-budget.ts'
import { and, sql } from '../db/sql.ts'
import type { Env } from '../env.ts'
import { countEvents } from './count-events.ts'
import type { PastEvent } from './event.ts'
import { conditionsOf, type EventQuery, selectEvents } from './event-rows.ts'

/** A page of the events that match, and the number of all that do. */
export async function listEvents(
  env: Env,
  query: EventQuery,
  { per_page, offset }: { per_page: number; offset: number },
): Promise<{ total: number; events: PastEvent[] }> {
  const [ofTenant, ...others] = conditionsOf(query)
  const matching = and([ofTenant, ...others])
  const page = { matching, ascending: query.ascending, limit: per_page, offset }
  const [events, total] = await Promise.all([
    withTimeBudget(env, (db) => selectEvents(db, page)),
    others.length === 0 ? countAll(env.db.reads, query.tenant_id) : countEvents(env, matching),
  ])
  return { total, events }
}

const countAll = async (db: Db, tenant_id: string): Promise<number> =>
  (await db.first<{ event_count: number }>(sql`select event_count from tenants where tenant_id = ${tenant_id}`))
    ?.event_count ?? 0
