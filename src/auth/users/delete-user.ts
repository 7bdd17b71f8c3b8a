import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { recordEvent } from '../../events/record-event.ts'
import type { Actor } from '../actor.ts'
import { userObject } from './user-event.ts'

/** With the user go its sessions, access tokens and settings. A user that is not there is as good as deleted. */
export async function deleteUser(env: Env, actor: Actor, id: string): Promise<void> {
  const now = env.now()
  await env.db.transaction(async (tx) => {
    const deleted = await tx.first<{ email: string }>(sql`
      delete from users where tenant_id = ${actor.tenant_id} and id = ${id} returning email`)
    if (deleted) await recordEvent(tx, actor, { at: now, action: 'delete', object: userObject({ id, ...deleted }) })
  })
}
