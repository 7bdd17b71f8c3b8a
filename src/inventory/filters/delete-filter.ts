import type { Actor } from '../../auth/actor.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { filterNotFound } from '../../errors.ts'
import { eventObject } from '../../events/event.ts'
import { recordEvent } from '../../events/record-event.ts'

/** Deployments that were created with the filter continue: each has a copy of it. */
export const deleteFilter = (env: Env, actor: Actor, id: string): Promise<void> =>
  env.db.transaction(async (tx) => {
    const deleted = await tx.first<{ name: string }>(sql`
      delete from filters where tenant_id = ${actor.tenant_id} and id = ${id} returning name`)
    if (!deleted) throw filterNotFound()
    await recordEvent(tx, actor, { at: env.now(), action: 'delete', object: eventObject('filter', id, deleted) })
  })
