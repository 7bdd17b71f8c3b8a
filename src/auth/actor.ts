import type { EventActor } from '../events/record-event.ts'
import type { Plan } from './plan.ts'
import type { Held, Scope } from './scope.ts'

/** Who asks: a signed-in user. */
export type Actor = Held & {
  tenant_id: string
  user_id: string
  email: string
  /** The session or access token the request came with. */
  token_id: string
  plan: Plan
  /** How far the roles that allow the request reach. */
  scope: Scope
}

/** Who asks: a device with a valid token. */
export type DeviceActor = {
  tenant_id: string
  device_id: string
  auth_set_id: string
  token_generation: number
}

/** Runs commands on the server's machine, and is no user of the API. */
export const operatorOf = (tenant_id: string): EventActor => ({ tenant_id, user_id: 'operator', email: 'operator' })
