import type { Db } from '../db/db.ts'
import { raw, type Sql, sql } from '../db/sql.ts'
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

/** The conditions of a query, that of the tenant first. */
export const conditionsOf = (query: Omit<EventQuery, 'ascending'>): [Sql, ...Sql[]] => [
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

type Page = { matching: Sql; ascending: boolean; limit: number; offset?: number }

/** Ordered by time: no two events of a tenant have the same time. */
export async function selectEvents(db: Db, { matching, ascending, limit, offset = 0 }: Page): Promise<PastEvent[]> {
  const rows = await db.query<PastEvent & { change: string | null }>(sql`
    select actor, action, time, object, change from events where ${matching}
    order by time ${raw(ascending ? 'asc' : 'desc')} limit ${limit} offset ${offset}`)
  return rows.map(({ change, ...event }) => (change === null ? event : { ...event, change }))
}
