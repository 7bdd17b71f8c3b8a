import { PERMISSION_SETS, type Permission, type ScopeType } from './permission-set.ts'
import { predefinedRole, type ScopedSet } from './role.ts'

/** The limits of a permission; null: none. */
export type Scope = {
  /** Devices in one of these groups. */
  groups: readonly string[] | null
  /** Releases with one of these tags. */
  tags: readonly string[] | null
}

/** The roles of a user by name, and the permission sets of those that are not predefined. */
export type UserRoles = { roles: readonly string[]; custom_sets: readonly ScopedSet[] }

/**
 * The scope in which roles grant a permission; undefined: they do not. One role is enough; several grant the union of
 * their scopes.
 */
export function scopeFor({ roles, custom_sets }: UserRoles, permission: Permission): Scope | undefined {
  const predefined = roles.flatMap((name) => predefinedRole(name)?.permission_sets_with_scope ?? [])
  const sets = [...predefined, ...custom_sets]
  if (permission !== 'read' && !sets.some((set) => grants(set, permission))) return undefined
  return {
    groups: limitsOf(sets, permission, 'DeviceGroups'),
    tags: limitsOf(sets, ofReleases(permission), 'ReleaseTags'),
  }
}

const OF_RELEASES: readonly Permission[] = ['artifacts', 'download', 'release_tags']

/** A limit for reading releases also limits which releases a user deploys and adds artifacts to. */
const ofReleases = (permission: Permission): Permission =>
  OF_RELEASES.includes(permission) ? permission : 'read_releases'

const grants = ({ name, scope }: ScopedSet, permission: Permission): boolean => {
  const set = PERMISSION_SETS.get(name)
  return set?.grants.includes(permission) === true || (!scope && set?.grants_unscoped?.includes(permission) === true)
}

function limitsOf(sets: readonly ScopedSet[], permission: Permission, type: ScopeType): string[] | null {
  const granting = sets.filter((set) => grants(set, permission))
  if (granting.length === 0 || granting.some(({ scope }) => scope?.type !== type)) return null
  return [...new Set(granting.flatMap(({ scope }) => scope?.value ?? []))]
}
