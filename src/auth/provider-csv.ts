import type { Provider } from './provider.ts'

export const PROVIDER_COLUMNS = [
  ...['name', 'id', 'issuer', 'client_id', 'enabled', 'create_users', 'link_users', 'roles_claim', 'role_mappings'],
  ...['default_roles', 'created_ts', 'updated_ts'],
] as const

/** `fleet-operators: RBAC_ROLE_CI, lab crew; fleet-admins: RBAC_ROLE_PERMIT_ALL`: the mappings, each with its roles. */
export const providerCells = ({ roles_claim = '', role_mappings, default_roles, ...provider }: Provider): string[] => [
  ...[provider.name, provider.id, provider.issuer, provider.client_id, String(provider.enabled)],
  ...[String(provider.create_users), String(provider.link_users), roles_claim],
  role_mappings.map(({ value, roles }) => `${value}: ${roles.join(', ')}`).join('; '),
  ...[default_roles.join(', '), provider.created_ts, provider.updated_ts],
]
