import { type Static, Type } from 'typebox'
import { invalidField } from '../errors.ts'
import type { NewRole, Role, ScopedSet } from './role.ts'

/*
 * Roles of version 1 of the API, up to Mender 2.4: actions on the devices of a group. They are stored as permission
 * sets, and returned by both versions.
 */

const Permission = Type.Object(
  {
    action: Type.String({ description: '`CREATE_DEPLOYMENT`, `VIEW_DEVICE`, `REMOTE_TERMINAL` or `any`' }),
    object: Type.Object(
      {
        type: Type.String({ description: '`DEVICE_GROUP` or `any`' }),
        value: Type.String({ minLength: 1, maxLength: 256, description: 'Name of the group, or `any`' }),
      },
      { description: 'The devices to which the action is permitted' },
    ),
  },
  { title: 'PermissionV1', description: 'An action that a role permits' },
)
type Permission = Static<typeof Permission>

const content = {
  description: Type.Optional(Type.String({ maxLength: 1024, description: 'Description of the role' })),
  permissions: Type.Array(Permission, { minItems: 1, maxItems: 200, description: 'What the role permits' }),
}
export const NewRoleV1 = Type.Object(
  { name: Type.String({ minLength: 1, maxLength: 128, description: 'Name of the role' }), ...content },
  { title: 'NewRoleV1', description: 'A role to create, in the form of version 1' },
)
export const ChangedRoleV1 = Type.Object(
  { name: Type.Optional(Type.String({ description: 'If given, the present name: it cannot change' })), ...content },
  { title: 'RoleChangeV1', description: 'What to change of a role, in the form of version 1' },
)

export const RoleV1 = Type.Object(
  {
    name: Type.String({ description: 'Name of the role' }),
    description: Type.String({ description: 'Description of the role' }),
    permissions: Type.Array(Permission, { description: 'What the role permits, as far as version 1 can express it' }),
    permission_sets_with_scope: Type.Array(Type.Object({}), {
      description: 'All that the role permits, as in version 2',
    }),
  },
  { title: 'RoleV1', description: 'A role in the form of version 1' },
)
type RoleV1 = Static<typeof RoleV1>

const SETS: Readonly<Record<string, string>> = {
  CREATE_DEPLOYMENT: 'DeployToDevices',
  VIEW_DEVICE: 'ReadDevices',
  REMOTE_TERMINAL: 'ConnectToDevices',
}
const ANY = 'any'
const GROUP = 'DEVICE_GROUP'
const EVERYTHING: Permission = { action: ANY, object: { type: ANY, value: ANY } }

/** Replaces the permissions by permission sets, one per action. */
export function fromV1<Given extends { permissions: readonly Permission[] }>({
  permissions,
  ...role
}: Given): Omit<Given, 'permissions'> & Pick<NewRole, 'permission_sets_with_scope'> {
  const groups = new Map<string, string[] | undefined>()
  for (const permission of permissions) {
    const [name, group] = toScopedSet(permission)
    const others = groups.has(name) ? groups.get(name) : []
    groups.set(name, group === undefined ? undefined : others && [...new Set([...others, group])])
  }
  const sets = [...groups].map(
    ([name, value]): ScopedSet => ({
      name,
      ...(value ? { scope: { type: 'DeviceGroups', value } } : {}),
    }),
  )
  return { ...role, permission_sets_with_scope: sets }
}

/** A permission set, and the group that it is limited to; undefined: none. */
function toScopedSet({ action, object: { type, value } }: Permission): [string, string | undefined] {
  if (action === ANY && type === ANY && value === ANY) return ['SuperUser', undefined]
  const set = Object.hasOwn(SETS, action) ? SETS[action] : undefined
  if (!set) throw invalidField('permissions', `action ${action}: must be one of ${Object.keys(SETS).join(', ')}`)
  if (type === ANY && value === ANY) return [set, undefined]
  if (type === GROUP) return [set, value]
  throw invalidField('permissions', `object type ${type}: must be ${GROUP}, with the name of a group`)
}

export function toV1({ name, description, permission_sets_with_scope }: Role): RoleV1 {
  const permissions = permission_sets_with_scope.flatMap(permissionsOf)
  return { name, description, permissions, permission_sets_with_scope }
}

function permissionsOf({ name, scope }: ScopedSet): Permission[] {
  if (name === 'SuperUser') return [EVERYTHING]
  const [action] = Object.entries(SETS).find(([, set]) => set === name) ?? []
  if (!action) return []
  if (!scope) return [{ action, object: { type: ANY, value: ANY } }]
  return scope.value.map((value) => ({ action, object: { type: GROUP, value } }))
}
