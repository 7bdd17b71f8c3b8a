import { actionNotFound } from '../../ddi-errors.ts'
import type { Env } from '../../env.ts'
import type { Controller } from '../access/controller.ts'
import { stateOf } from '../action.ts'
import { findAction } from './find-action.ts'

/** Throws unless the device is to cancel the action. */
export async function requireCanceling(env: Env, controller: Controller, action_id: number): Promise<void> {
  const action = await findAction(env, controller, action_id)
  if (stateOf(action) !== 'canceling') throw actionNotFound()
}
