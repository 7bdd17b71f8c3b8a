import { useQuery, useQueryClient } from '@tanstack/react-query'
import type { ScopeType } from '../../src/auth/permission-set.ts'
import type { NewRole, Role, ScopedSet } from '../../src/auth/role.ts'
import { call, get } from './http.ts'
import { useMay, useSession } from './session.ts'

export type { NewRole, Role, ScopedSet, ScopeType }
export type PermissionSet = { name: string; description: string; supported_scope_types: ScopeType[] }

const USERADM = '/api/management/v2/useradm'
const KEY = ['roles']

/** Whether the plan of the tenant includes roles. */
export const useHasRoles = (): boolean => useSession().features.roles === true

export const ROLES_EXPORT = `${USERADM}/roles/all/export`

export function useRoles() {
  const enabled = useHasRoles()
  return useQuery({
    ...{ queryKey: KEY, enabled },
    queryFn: ({ signal }) => get<Role[]>(`${USERADM}/roles`, undefined, signal),
  })
}

export const usePermissionSets = () =>
  useQuery({
    queryKey: ['permission-sets'],
    queryFn: ({ signal }) => get<PermissionSet[]>(`${USERADM}/permission_sets`, undefined, signal),
    staleTime: Number.POSITIVE_INFINITY,
  })

const pathOf = (name: string) => `${USERADM}/roles/${encodeURIComponent(name)}`

export const createRole = (role: NewRole): Promise<void> => call('POST', `${USERADM}/roles`, { body: role })
export const changeRole = ({ name, ...role }: NewRole): Promise<void> => call('PUT', pathOf(name), { body: role })
export const deleteRole = (name: string): Promise<void> => call('DELETE', pathOf(name))

export function useRolesChanged(): () => Promise<unknown> {
  const queries = useQueryClient()
  return () =>
    Promise.all([queries.invalidateQueries({ queryKey: KEY }), queries.invalidateQueries({ queryKey: ['users'] })])
}

const SUGGESTIONS: Readonly<Record<ScopeType, string>> = {
  DeviceGroups: '/api/management/v1/inventory/groups',
  ReleaseTags: '/api/management/v2/deployments/releases/all/tags',
}

/** The existing groups or tags. A role may also name others, which do not exist yet. */
export function useScopeSuggestions(type: ScopeType): string[] {
  const enabled = useMay()(type === 'DeviceGroups' ? 'read_devices' : 'read_releases')
  const { data = [] } = useQuery({
    ...{ queryKey: ['scope-suggestions', type], enabled },
    queryFn: ({ signal }) => get<string[]>(SUGGESTIONS[type], undefined, signal),
  })
  return data
}
