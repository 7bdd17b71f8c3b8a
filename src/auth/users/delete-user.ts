import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import type { Actor } from '../actor.ts'
import { recordAct } from '../record-act.ts'
import { userDeleted } from './user-event.ts'

/** With the user go its sessions, access tokens and settings. A user that is not there is as good as deleted. */
export async function deleteUser(env: Env, actor: Actor, id: string): Promise<void> {
  const now = env.now()
  await env.db.transaction(async (tx) => {
    const gone = await tx.first<{ email: string }>(sql`
      delete from users where tenant_id = ${actor.tenant_id} and id = ${id} returning email`)
    if (gone) await recordAct(tx, actor, userDeleted(now, { id, ...gone }))
  })
}
