import { type Static, Type } from 'typebox'
import { invalidBody, invalidField, roleNameReserved } from '../errors.ts'
import { PERMISSION_SETS, SCOPE_TYPES, type ScopeType } from './permission-set.ts'

const Names = Type.Array(Type.String({ minLength: 1, maxLength: 256 }), {
  ...{ minItems: 1, maxItems: 200 },
  description: 'Names of the device groups, or tags',
})

/** A permission set, without limits or limited to device groups or to releases with one of some tags. */
export const ScopedSet = Type.Object(
  {
    name: Type.String({ description: `One of ${[...PERMISSION_SETS.keys()].join(', ')}` }),
    scope: Type.Optional(
      Type.Object(
        { type: Type.String({ description: `One of ${SCOPE_TYPES.join(', ')}` }), value: Names },
        { title: 'PermissionScope', description: 'What the permission set is limited to; absent: nothing' },
      ),
    ),
  },
  {
    title: 'ScopedPermissionSet',
    description: 'A permission set, possibly limited to device groups or tags of releases',
  },
)
export type ScopedSet = Static<typeof ScopedSet>

const content = {
  description: Type.Optional(Type.String({ maxLength: 1024, description: 'Description of the role' })),
  permission_sets_with_scope: Type.Array(ScopedSet, {
    ...{ minItems: 1, maxItems: 100 },
    description: 'What the role permits',
  }),
}

export const NewRole = Type.Object(
  { name: Type.String({ minLength: 1, maxLength: 128, description: 'Name of the role' }), ...content },
  { title: 'NewRole', description: 'A role to create' },
)
export type NewRole = Static<typeof NewRole>

/** The name cannot change: users refer to it. */
export const ChangedRole = Type.Object(
  { name: Type.Optional(Type.String({ description: 'If given, the present name: it cannot change' })), ...content },
  { title: 'RoleChange', description: 'What to change of a role' },
)
export type ChangedRole = Static<typeof ChangedRole>

export const Role = Type.Object(
  {
    name: Type.String({ description: 'Name of the role' }),
    description: Type.String({ description: 'Description of the role' }),
    permission_sets_with_scope: Type.Array(ScopedSet, { description: 'What the role permits' }),
  },
  { title: 'Role', description: 'What a user is permitted' },
)
export type Role = Static<typeof Role>

const predefined = (name: string, description: string, ...sets: string[]): Role => ({
  name,
  description,
  permission_sets_with_scope: sets.map((set) => ({ name: set })),
})

/** The role of users who are created without one. */
export const FULL_ROLE = 'RBAC_ROLE_PERMIT_ALL'

/** The role of users whose last role is deleted. */
export const LEAST_ROLE = 'RBAC_ROLE_BASIC'

/** Each grants what Mender's built-in role of that name grants. */
export const PREDEFINED_ROLES: readonly Role[] = [
  predefined(FULL_ROLE, 'Everything', 'SuperUser'),
  predefined(
    'RBAC_ROLE_OBSERVER',
    'Sees devices, releases and deployments, changes nothing',
    ...['Basic', 'ManageTokens', 'ReadDevices', 'ReadReleases'],
  ),
  predefined(
    'RBAC_ROLE_DEPLOYMENTS_MANAGER',
    'Sees devices and releases; creates and aborts deployments',
    ...['Basic', 'ManageTokens', 'ReadDevices', 'ReadReleases', 'DeployToDevices'],
  ),
  predefined(
    'RBAC_ROLE_CI',
    'Uploads, manages and downloads releases and their artifacts',
    ...['Basic', 'ManageTokens', 'ReadReleases', 'ManageReleases', 'UploadArtifacts'],
  ),
  predefined(
    'RBAC_ROLE_REMOTE_TERMINAL',
    'Sees devices; terminals are not offered',
    ...['Basic', 'ManageTokens', 'ConnectToDevices'],
  ),
  predefined(LEAST_ROLE, 'Keeps their own account', 'Basic'),
]

export const predefinedRole = (name: string): Role | undefined => PREDEFINED_ROLES.find((one) => one.name === name)

const RESERVED = /^RBAC_ROLE_/

export function requireOwnName(name: string): void {
  if (RESERVED.test(name)) throw roleNameReserved(name)
  if (name.trim() !== name) throw invalidField('name', 'must not begin or end with a space')
}

export function requireSets(sets: readonly ScopedSet[]): void {
  for (const { name, scope } of sets) {
    const set = PERMISSION_SETS.get(name)
    if (!set) throw badSet(name, `must be one of ${[...PERMISSION_SETS.keys()].join(', ')}`)
    if (scope && scope.type !== set.scope_type) throw badSet(name, scopeProblem(set.scope_type))
  }
}

const scopeProblem = (type: ScopeType | undefined): string =>
  type === undefined ? 'cannot have a scope' : `its scope can only be of type ${type}`

const badSet = (name: string, problem: string) =>
  invalidBody(`permission set ${name}: ${problem}`).with({ field: 'permission_sets_with_scope' })
