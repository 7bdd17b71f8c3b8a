import { PERMISSION_SETS, type Permission, type ScopeType } from './permission-set.ts'
import { predefinedRole, type ScopedSet } from './role.ts'

/** How far a permission reaches; null: no limit. */
export type Scope = {
  /** Devices in one of these groups. */
  groups: readonly string[] | null
  /** Releases with one of these tags. */
  tags: readonly string[] | null
}

/** The roles of a user, by name, and what those that are not predefined are made of. */
export type Held = { roles: readonly string[]; custom_sets: readonly ScopedSet[] }

/**
 * How far the roles let a user go who asks for a permission; undefined: nowhere. One role that grants it is enough, and
 * several together reach as far as each of them.
 */
export function scopeFor({ roles, custom_sets }: Held, permission: Permission): Scope | undefined {
  const predefined = roles.flatMap((name) => predefinedRole(name)?.permission_sets_with_scope ?? [])
  const sets = [...predefined, ...custom_sets]
  if (permission !== 'read' && !sets.some((set) => grants(set, permission))) return undefined
  return { groups: reach(sets, permission, 'DeviceGroups'), tags: reach(sets, ofReleases(permission), 'ReleaseTags') }
}

const OF_RELEASES: readonly Permission[] = ['artifacts', 'download', 'release_tags']

/** Whoever reads only some releases also deploys only those, and adds artifacts only to those. */
const ofReleases = (permission: Permission): Permission =>
  OF_RELEASES.includes(permission) ? permission : 'read_releases'

const grants = ({ name, scope }: ScopedSet, permission: Permission): boolean => {
  const set = PERMISSION_SETS.get(name)
  return set?.grants.includes(permission) === true || (!scope && set?.grants_unscoped?.includes(permission) === true)
}

function reach(sets: readonly ScopedSet[], permission: Permission, type: ScopeType): string[] | null {
  const granting = sets.filter((set) => grants(set, permission))
  if (granting.length === 0 || granting.some(({ scope }) => scope?.type !== type)) return null
  return [...new Set(granting.flatMap(({ scope }) => scope?.value ?? []))]
}
