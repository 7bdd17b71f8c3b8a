import type { Actor } from '../../auth/actor.ts'
import { aboutDevice } from '../../auth/devices/record-device.ts'
import { recordAct } from '../../auth/record-act.ts'
import type { Env } from '../../env.ts'
import { writeScopeAlone } from './write-scope.ts'

/** Forgets what a device said of itself, until it says it again. The device stays. */
export async function clearInventory(env: Env, actor: Actor, device_id: string): Promise<void> {
  const { tenant_id, scope } = actor
  const all = { scope: 'inventory', replace: true, attributes: [] } as const
  await writeScopeAlone(env, { tenant_id, within: scope.groups, device_id, ...all }, (tx, device) =>
    recordAct(tx, actor, {
      ...{ at: env.now(), action: 'update', object: aboutDevice(device), change: 'Deleted the inventory' },
    }),
  )
}
