import { roleForbids } from '../../errors.ts'
import type { Actor } from '../actor.ts'
import { scopeFor } from '../scope.ts'

/** All users may change their own account. Other accounts, and roles, require the permission to manage users. */
export function requireMayChange(actor: Actor, user_id: string): void {
  if (user_id !== actor.user_id) requireMayManage(actor)
}

export function requireMayManage(actor: Actor): void {
  if (!scopeFor(actor, 'users')) throw roleForbids()
}
