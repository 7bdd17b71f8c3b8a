import type { Role } from './role.ts'

export const ROLE_COLUMNS = ['name', 'description', 'permission_sets'] as const

/** `DeployToDevices: lab, yard; ReadUsers`: the permission sets, each with what it is limited to. */
export const roleCells = ({ name, description, permission_sets_with_scope }: Role): string[] => [
  name,
  description,
  permission_sets_with_scope
    .map((set) => (set.scope ? `${set.name}: ${set.scope.value.join(', ')}` : set.name))
    .join('; '),
]
