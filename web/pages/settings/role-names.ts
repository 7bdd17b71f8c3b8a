import type { ScopedSet } from '../../api/roles.ts'

const PREDEFINED: Readonly<Record<string, string>> = {
  RBAC_ROLE_PERMIT_ALL: 'Administrator',
  RBAC_ROLE_OBSERVER: 'Observer',
  RBAC_ROLE_DEPLOYMENTS_MANAGER: 'Deployments manager',
  RBAC_ROLE_CI: 'CI pipeline',
  RBAC_ROLE_REMOTE_TERMINAL: 'Remote terminal',
  RBAC_ROLE_BASIC: 'Own account only',
}

export const isPredefined = (role: string): boolean => Object.hasOwn(PREDEFINED, role)

/** The display name of a role. */
export const roleName = (role: string): string => PREDEFINED[role] ?? role

/** `ManageDevices` as words. */
export const setName = (set: string): string => {
  const words = set.replace(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase()
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** A permission set with what it is limited to. */
export function setText({ name, scope }: ScopedSet): string {
  if (!scope) return setName(name)
  const kind = scope.type === 'DeviceGroups' ? 'devices in' : 'releases tagged'
  return `${setName(name)}: only ${kind} ${scope.value.join(', ')}`
}

/** The meaning of an empty list of roles, which old entries of the audit log contain. */
export const EVERYTHING = 'Everything (no role)'
