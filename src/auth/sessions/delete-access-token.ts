import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { tokenNotFound } from '../../errors.ts'
import { eventObject } from '../../events/event.ts'
import { recordEvent } from '../../events/record-event.ts'
import type { Actor } from '../actor.ts'

/** Deletes an access token of the actor, which is invalid at once. */
export const deleteAccessToken = (env: Env, actor: Actor, id: string): Promise<void> =>
  env.db.transaction(async (tx) => {
    const deleted = await tx.first<{ name: string }>(sql`
      delete from user_tokens
      where tenant_id = ${actor.tenant_id} and user_id = ${actor.user_id} and id = ${id} and name is not null
      returning name`)
    if (!deleted) throw tokenNotFound()
    await recordEvent(tx, actor, { at: env.now(), action: 'delete', object: eventObject('token', id, deleted) })
  })
