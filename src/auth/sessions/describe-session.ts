import { type Static, Type } from 'typebox'
import type { Env } from '../../env.ts'
import type { Actor } from '../actor.ts'
import { csrfToken } from '../csrf.ts'
import { PERMISSIONS, type Permission } from '../permission-set.ts'
import { featuresOf, Plan, PlanFeatures } from '../plan.ts'
import { scopeFor } from '../scope.ts'
import { DeviceNaming, namingIn, Preferences, preferencesIn } from '../settings.ts'
import { findSettings } from '../tenants/find-settings.ts'
import { findTenant } from '../tenants/find-tenant.ts'
import { TenantOfUser, User } from '../user.ts'
import { findUser } from '../users/find-user.ts'

export const SessionDescription = Type.Object(
  {
    user: User,
    tenant: TenantOfUser,
    plan: Plan,
    features: PlanFeatures,
    permissions: Type.Array(Type.Unsafe<Permission>({ type: 'string', enum: PERMISSIONS }), {
      description: 'What the roles permit, with or without limits',
    }),
    device_naming: Type.Optional(DeviceNaming),
    preferences: Preferences,
    csrf_token: Type.String({ description: 'Value of the header `X-CSRF-Token` of changes with a session cookie' }),
  },
  { title: 'Session', description: 'The user of a session and what the user is permitted' },
)
export type SessionDescription = Static<typeof SessionDescription>

/** The signed-in user with the tenant, the plan and the permissions. */
export async function describeSession(env: Env, actor: Actor): Promise<SessionDescription> {
  const [user, { id, name }, { settings: shared }, { settings }] = await Promise.all([
    findUser(env, actor, actor.user_id),
    findTenant(env, actor),
    findSettings(env, actor, 'tenant'),
    findSettings(env, actor, 'user'),
  ])
  const device_naming = namingIn(shared)
  return {
    ...{ user, tenant: { id, name }, plan: actor.plan, features: featuresOf(actor.plan) },
    permissions: PERMISSIONS.filter((permission) => scopeFor(actor, permission) !== undefined),
    preferences: preferencesIn(settings),
    ...(device_naming && { device_naming }),
    csrf_token: csrfToken(env.secret, actor.token_id),
  }
}
