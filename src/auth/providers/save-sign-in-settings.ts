import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { invalidField, userNotFound } from '../../errors.ts'
import { objectDiff } from '../../events/change-text.ts'
import { eventObject } from '../../events/event.ts'
import { type EventActor, recordEvent } from '../../events/record-event.ts'
import { cannotManageUsers, noPassword, noProviderEnabled } from '../../sign-in-errors.ts'
import type { ScopedSet } from '../role.ts'
import { scopeFor } from '../scope.ts'
import type { SignInSettings } from '../sign-in-settings.ts'
import { lockUser } from '../users/lock-user.ts'
import { requireAdministrator } from '../users/require-administrator.ts'

/**
 * Changes who may sign in with a password. `findSession` refuses the sessions that others have opened with one, for as
 * long as they may not.
 */
export async function saveSignInSettings(env: Env, actor: EventActor, given: SignInSettings): Promise<void> {
  const { tenant_id } = actor
  const password_user_id = userIn(given)
  await env.db.transaction(async (tx) => {
    if (password_user_id !== null) await requirePasswordUser(tx, tenant_id, password_user_id)
    const before = await tx.first<{ password_user_id: string | null }>(sql`
      select password_user_id from tenants where tenant_id = ${tenant_id} for no key update`)
    if (password_user_id !== null) await requireProvider(tx, tenant_id)
    await tx.query(sql`
      update tenants set password_user_id = ${password_user_id} where tenant_id = ${tenant_id}`)
    // A role of the user may have changed since it was read.
    if (password_user_id !== null) await requireAdministrator(tx, tenant_id)
    const lines = objectDiff({ ...before }, { password_user_id })
    if (lines.length === 0) return
    const change = ['Updated settings:', ...lines].join('\n')
    await recordEvent(tx, actor, {
      at: env.now(),
      action: 'update',
      object: eventObject('settings', tenant_id),
      change,
    })
  })
}

function userIn({ password_sign_in, password_user_id }: SignInSettings): string | null {
  if (password_sign_in === 'one_user') {
    if (!password_user_id) throw invalidField('password_user_id', 'must name the one user who may')
    return password_user_id.toLowerCase()
  }
  return null
}

/** Locks the user, who can neither be deleted nor lose the password until the transaction ends. */
async function requirePasswordUser(tx: Db, tenant_id: string, id: string): Promise<void> {
  const user = await lockUser(tx, { tenant_id, id })
  if (!user) throw userNotFound()
  if (user.password_hash === '') throw noPassword()
  const custom_sets = await tx.query<{ set: ScopedSet }>(sql`
    select s as set from roles r, jsonb_array_elements(r.permission_sets_with_scope) as s
    where r.tenant_id = ${tenant_id} and r.name = any(${user.roles})`)
  if (!scopeFor({ roles: user.roles, custom_sets: custom_sets.map(({ set }) => set) }, 'users'))
    throw cannotManageUsers()
}

/** The caller has locked the tenant's row, without which no provider is disabled or deleted. */
async function requireProvider(tx: Db, tenant_id: string): Promise<void> {
  const enabled = await tx.first(sql`
    select 1 from sign_in_providers where tenant_id = ${tenant_id} and enabled limit 1`)
  if (!enabled) throw noProviderEnabled()
}
