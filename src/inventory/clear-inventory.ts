import type { Env } from '../env.ts'
import { writeScope } from './write-scope.ts'

/** Forgets what a device said of itself, until it says it again. The device stays. */
export const clearInventory = (env: Env, { tenant_id }: { tenant_id: string }, device_id: string): Promise<void> =>
  writeScope(env, { tenant_id, device_id, scope: 'inventory', replace: true, attributes: [] })
