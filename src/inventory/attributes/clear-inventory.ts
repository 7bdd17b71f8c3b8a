import type { Actor } from '../../auth/actor.ts'
import { deviceObject } from '../../auth/devices/record-device.ts'
import type { Env } from '../../env.ts'
import { recordEvent } from '../../events/record-event.ts'
import { writeScopeWithEvent } from './write-scope-with-event.ts'

/** Deletes the attributes that a device reported; its next report sets them again. */
export async function clearInventory(env: Env, actor: Actor, device_id: string): Promise<void> {
  const { tenant_id, scope } = actor
  const all = { scope: 'inventory', replace: true, attributes: [] } as const
  await writeScopeWithEvent(env, { tenant_id, within: scope.groups, device_id, ...all }, (tx, device) =>
    recordEvent(tx, actor, {
      ...{ at: env.now(), action: 'update', object: deviceObject(device), change: 'Deleted the inventory' },
    }),
  )
}
