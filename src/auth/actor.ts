import type { Creation } from '../events/idempotency/creation.ts'
import type { EventActor } from '../events/record-event.ts'
import type { Plan } from './plan.ts'
import type { Scope, UserRoles } from './scope.ts'

/** The signed-in user of a request. */
export type Actor = UserRoles & {
  tenant_id: string
  user_id: string
  email: string
  /** The session or access token of the request. */
  token_id: string
  plan: Plan
  /** The devices and releases to which the roles limit the request. */
  scope: Scope
  /** Of a request with an idempotency key. Use cases pass the actor to `recordEvent` as it is. */
  creation?: Creation | undefined
}

/** The device of a request, by the claims of its token. */
export type DeviceActor = {
  tenant_id: string
  device_id: string
  auth_set_id: string
  token_generation: number
}

/** The actor of commands that are run on the server's machine, not by a user of the API. */
export const operatorOf = (tenant_id: string): EventActor => ({ tenant_id, user_id: 'operator', email: 'operator' })
