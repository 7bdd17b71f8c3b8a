import { randomUUID } from 'node:crypto'
import { sql } from '../db/sql.ts'
import { violated } from '../db/violation.ts'
import { type Env, nowText } from '../env.ts'
import { filterNameTaken } from '../errors.ts'
import { requirePatterns } from './require-patterns.ts'
import { type NewFilter, requireFilter } from './saved-filter.ts'

/** Answers the id of the new filter. */
export async function saveFilter(env: Env, { tenant_id }: { tenant_id: string }, filter: NewFilter): Promise<string> {
  requireFilter(filter)
  const { name, terms = [] } = filter
  await requirePatterns(env.db, terms)
  const id = randomUUID()
  const kept = terms.map(({ scope, attribute, type, value }) => ({ scope, attribute, type, value }))
  try {
    await env.db.query(sql`
      insert into filters (tenant_id, id, name, terms, created_ts)
      values (${tenant_id}, ${id}, ${name}, ${JSON.stringify(kept)}, ${nowText(env)})`)
  } catch (error) {
    if (violated(error) === 'filters_tenant_id_name_key') throw filterNameTaken(name)
    throw error
  }
  return id
}
