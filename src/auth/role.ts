/** What a management route asks for; a user needs one role that grants it. */
export type Permission = 'read' | 'devices' | 'filters' | 'artifacts' | 'deployments' | 'users'

const EVERYTHING: readonly Permission[] = ['read', 'devices', 'filters', 'artifacts', 'deployments', 'users']

const GRANTS: Readonly<Record<string, readonly Permission[]>> = {
  RBAC_ROLE_PERMIT_ALL: EVERYTHING,
  RBAC_ROLE_OBSERVER: ['read'],
  RBAC_ROLE_DEPLOYMENTS_MANAGER: ['read', 'filters', 'deployments'],
  RBAC_ROLE_CI: ['read', 'artifacts', 'deployments'],
  RBAC_ROLE_REMOTE_TERMINAL: ['read'],
}

export const ROLES: readonly string[] = Object.keys(GRANTS)

/** A user without a role may do everything. */
export const may = (roles: readonly string[], permission: Permission): boolean =>
  roles.length === 0 || roles.some((role) => GRANTS[role]?.includes(permission))
