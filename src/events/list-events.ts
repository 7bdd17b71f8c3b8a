import type { Db } from '../db/db.ts'
import { withTimeBudget } from '../db/locks/time-budget.ts'
import { and, raw, type Sql, sql } from '../db/sql.ts'
import type { Env } from '../env.ts'
import { countEvents } from './count-events.ts'
import type { PastEvent } from './event.ts'

export type EventQuery = {
  tenant_id: string
  actor_id?: string | undefined
  actor_email?: string | undefined
  action?: string | undefined
  object_id?: string | undefined
  object_type?: string | undefined
  created_after?: string | undefined
  created_before?: string | undefined
  ascending: boolean
}

/** A page of what happened, and how much there is in all. No two events of a tenant have the same time. */
export async function listEvents(
  env: Env,
  query: EventQuery,
  { per_page, offset }: { per_page: number; offset: number },
): Promise<{ total: number; events: PastEvent[] }> {
  const [tenant, ...asked] = conditions(query)
  const matching = and([tenant, ...asked])
  const page = { matching, ascending: query.ascending, limit: per_page, offset }
  const [events, total] = await Promise.all([
    withTimeBudget(env, (db) => select(db, page)),
    asked.length === 0 ? countAll(env.db.reads, query.tenant_id) : countEvents(env, matching),
  ])
  return { total, events }
}

const countAll = async (db: Db, tenant_id: string): Promise<number> =>
  (await db.first<{ event_count: number }>(sql`select event_count from tenants where tenant_id = ${tenant_id}`))
    ?.event_count ?? 0

const CHUNK = 1000

/** Everything that happened, a part at a time. What happens meanwhile is later than all that was there. */
export async function* walkEvents(db: Db, { ascending, ...query }: EventQuery): AsyncGenerator<PastEvent[]> {
  const compared = raw(ascending ? '>' : '<')
  let beyond: Sql[] = []
  for (;;) {
    const events = await select(db, { matching: and([...conditions(query), ...beyond]), ascending, limit: CHUNK })
    const last = events.at(-1)
    if (!last) return
    yield events
    beyond = [sql`time ${compared} ${last.time}`]
  }
}

type Slice = { matching: Sql; ascending: boolean; limit: number; offset?: number }

async function select(db: Db, { matching, ascending, limit, offset = 0 }: Slice): Promise<PastEvent[]> {
  const rows = await db.query<PastEvent & { change: string | null }>(sql`
    select actor, action, time, object, change from events where ${matching}
    order by time ${raw(ascending ? 'asc' : 'desc')} limit ${limit} offset ${offset}`)
  return rows.map(({ change, ...event }) => (change === null ? event : { ...event, change }))
}

const conditions = (query: Omit<EventQuery, 'ascending'>): [Sql, ...Sql[]] => [
  sql`tenant_id = ${query.tenant_id}`,
  ...[
    query.actor_id !== undefined && sql`actor_id = ${query.actor_id}`,
    query.actor_email !== undefined && sql`actor_email = ${query.actor_email}`,
    query.action !== undefined && sql`action = ${query.action}`,
    query.object_id !== undefined &&
      sql`(object_id = ${query.object_id} or object_ids @> array[${query.object_id}::text])`,
    query.object_type !== undefined && sql`object_type = ${query.object_type}`,
    query.created_after !== undefined && sql`time >= ${query.created_after}`,
    query.created_before !== undefined && sql`time <= ${query.created_before}`,
  ].filter((condition) => condition !== false),
]
