import { roleForbids } from '../errors.ts'
import type { Actor } from './actor.ts'
import { may } from './role.ts'

/** Everybody may change themselves; others, and what anybody may do, only whoever manages users. */
export function requireMayChange(actor: Actor, user_id: string): void {
  if (user_id !== actor.user_id) requireMayManage(actor)
}

export function requireMayManage({ roles }: Actor): void {
  if (!may(roles, 'users')) throw roleForbids()
}
