import { roleForbids } from '../../errors.ts'
import type { Actor } from '../actor.ts'
import { scopeFor } from '../scope.ts'

/** Everybody may change themselves; others, and what anybody may do, only whoever manages users. */
export function requireMayChange(actor: Actor, user_id: string): void {
  if (user_id !== actor.user_id) requireMayManage(actor)
}

export function requireMayManage(actor: Actor): void {
  if (!scopeFor(actor, 'users')) throw roleForbids()
}
