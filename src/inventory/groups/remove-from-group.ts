import type { Actor } from '../../auth/actor.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { roleForbids } from '../../errors.ts'
import type { GroupChange } from '../group.ts'
import { changeGroup } from './change-group.ts'

/**
 * Takes devices, or all of them, out of a group. Actors whose roles are limited to groups cannot: a device in no group
 * is in no such scope, so they only move devices from one of their groups to another.
 */
export async function removeFromGroup(
  env: Env,
  actor: Actor,
  { group, device_ids }: { group: string; device_ids?: readonly string[] },
): Promise<GroupChange> {
  if (actor.scope.groups !== null) throw roleForbids()
  const andNamed = device_ids ? sql`and d.id = any(${device_ids}::text[])` : sql``
  return changeGroup(env, actor, { group, to: null, which: sql`d.group_name = ${group} ${andNamed}` })
}
