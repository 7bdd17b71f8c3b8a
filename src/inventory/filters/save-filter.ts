import { randomUUID } from 'node:crypto'
import type { Actor } from '../../auth/actor.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { eventObject } from '../../events/event.ts'
import { recordEvent } from '../../events/record-event.ts'
import { type NewFilter, requireFilter, storedTerms } from '../saved-filter.ts'
import { requirePatterns } from './require-patterns.ts'
import { withUniqueName } from './unique-name.ts'

/** Returns the id of the new filter. */
export async function saveFilter(env: Env, actor: Actor, filter: NewFilter): Promise<string> {
  requireFilter(filter)
  const { name, terms = [] } = filter
  await requirePatterns(env.db, terms)
  const id = randomUUID()
  const at = env.now()
  await withUniqueName(name, () =>
    env.db.transaction(async (tx) => {
      await tx.query(sql`
        insert into filters (tenant_id, id, name, terms, created_ts)
        values (${actor.tenant_id}, ${id}, ${name}, ${JSON.stringify(storedTerms(terms))}, ${at.toISOString()})`)
      await recordEvent(tx, actor, { at, action: 'create', object: eventObject('filter', id, { name }) })
    }),
  )
  return id
}
