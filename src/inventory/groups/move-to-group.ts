import type { Actor } from '../../auth/actor.ts'
import type { Env } from '../../env.ts'
import { deviceNotInInventory } from '../../errors.ts'
import { addToGroup } from './add-to-group.ts'

/** As `addToGroup`, of one device, which must exist. */
export async function moveToGroup(env: Env, actor: Actor, { device_id, group }: { device_id: string; group: string }) {
  const { matched_count } = await addToGroup(env, actor, { group, device_ids: [device_id] })
  if (matched_count === 0) throw deviceNotInInventory()
}
