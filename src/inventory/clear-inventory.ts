import type { Asker } from '../auth/visible-devices.ts'
import type { Env } from '../env.ts'
import { writeScope } from './write-scope.ts'

/** Forgets what a device said of itself, until it says it again. The device stays. */
export async function clearInventory(env: Env, { tenant_id, scope }: Asker, device_id: string): Promise<void> {
  const all = { scope: 'inventory', replace: true, attributes: [] } as const
  await writeScope(env, { tenant_id, within: scope.groups, device_id, ...all })
}
