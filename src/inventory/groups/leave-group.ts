import type { Actor } from '../../auth/actor.ts'
import type { Env } from '../../env.ts'
import { deviceNotInInventory } from '../../errors.ts'
import { removeFromGroup } from './remove-from-group.ts'

/** As `removeFromGroup`, of one device, which must be in that very group. */
export async function leaveGroup(env: Env, actor: Actor, { device_id, group }: { device_id: string; group: string }) {
  const { matched_count } = await removeFromGroup(env, actor, { group, device_ids: [device_id] })
  if (matched_count === 0) throw deviceNotInInventory()
}
