import { actionNotFound } from '../../ddi-errors.ts'
import type { Env } from '../../env.ts'
import type { Controller } from '../access/controller.ts'
import type { Action } from '../action.ts'
import { readAction } from '../rows/action-rows.ts'

/** An action of the device. One that waits for the decision of a user has none, also if it was accepted before. */
export async function findAction(env: Env, { device, status }: Controller, action_id: number): Promise<Action> {
  const action = status === 'accepted' ? await readAction(env.db, { ...device, action_id }) : undefined
  if (!action) throw actionNotFound()
  return action
}
