import type { Actor } from '../../auth/actor.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { roleForbids } from '../../errors.ts'
import { type GroupChange, requireGroupName } from '../group.ts'
import { changeGroup } from './change-group.ts'

/** Puts devices that the actor sees into a group that the actor sees, and so out of the group that they were in. */
export async function addToGroup(
  env: Env,
  actor: Actor,
  { group, device_ids }: { group: string; device_ids: readonly string[] },
): Promise<GroupChange> {
  requireGroupName(group)
  const { groups } = actor.scope
  if (groups !== null && !groups.includes(group)) throw roleForbids()
  return changeGroup(env, actor, { group, to: group, which: sql`d.id = any(${device_ids}::text[])` })
}
