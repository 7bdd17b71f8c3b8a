/** What a management route requires. `read`: the user's own account, and what every user may know of the tenant. */
export const PERMISSIONS = [
  ...([
    'read',
    'read_devices',
    'devices',
    'configure',
    'filters',
    'read_deployments',
    'deployments',
    'approve',
  ] as const),
  ...(['read_releases', 'download', 'artifacts', 'release_tags', 'upload'] as const),
  ...(['read_users', 'users', 'read_audit_logs', 'tokens', 'integrations'] as const),
] as const
export type Permission = (typeof PERMISSIONS)[number]

export const SCOPE_TYPES = ['DeviceGroups', 'ReleaseTags'] as const
export type ScopeType = (typeof SCOPE_TYPES)[number]

type PermissionSet = {
  description: string
  grants: readonly Permission[]
  /** Also granted if the set has no scope, because these are not limited to a group or release. */
  grants_unscoped?: readonly Permission[]
  scope_type?: ScopeType
}

const OF_DEVICES = { scope_type: 'DeviceGroups' } as const
const OF_RELEASES = { scope_type: 'ReleaseTags' } as const
const VIEW_DEVICES = ['read_devices', 'read_deployments'] as const

/** The permission sets of Mender that roles consist of. */
export const PERMISSION_SETS: ReadonlyMap<string, PermissionSet> = new Map(
  Object.entries<PermissionSet>({
    Basic: { description: 'Sign in and keep their own account', grants: ['read'] },
    SuperUser: {
      description: 'Everything',
      grants: PERMISSIONS,
    },
    ReadDevices: { description: 'See devices and their deployments', grants: VIEW_DEVICES, ...OF_DEVICES },
    ManageDevices: {
      description: 'See devices; accept, reject, decommission, group and tag them; without a scope, save filters',
      ...{ grants: [...VIEW_DEVICES, 'devices'], grants_unscoped: ['filters'], ...OF_DEVICES },
    },
    DeployToDevices: {
      description:
        'See devices; create, pause, approve, roll back and abort deployments; without a scope, save filters and deploy to them',
      ...{ grants: [...VIEW_DEVICES, 'deployments', 'approve'], grants_unscoped: ['filters'], ...OF_DEVICES },
    },
    ApproveDeployments: {
      description: 'See devices and deployments; approve the gates of phases',
      ...{ grants: [...VIEW_DEVICES, 'approve'], ...OF_DEVICES },
    },
    ConfigureDevices: {
      description: 'See devices and their deployments; configure devices',
      ...{ grants: [...VIEW_DEVICES, 'configure'], ...OF_DEVICES },
    },
    ConnectToDevices: {
      description: 'See devices; terminals are not offered',
      ...{ grants: ['read_devices'], ...OF_DEVICES },
    },
    ReadReleases: { description: 'See releases', grants: ['read_releases'], ...OF_RELEASES },
    DownloadArtifacts: {
      description: 'See releases; download their artifacts',
      ...{ grants: ['read_releases', 'download'], ...OF_RELEASES },
    },
    ManageReleases: {
      description: 'See and download releases; describe and delete them; without a scope, tag them',
      ...{ grants: ['read_releases', 'download', 'artifacts'], grants_unscoped: ['release_tags'], ...OF_RELEASES },
    },
    UploadArtifacts: { description: 'Upload artifacts', grants: ['upload'] },
    ReadUsers: { description: 'See users', grants: ['read_users'] },
    ManageUsers: {
      description: 'See users; create, change and delete users and roles',
      grants: ['read_users', 'users'],
    },
    ReadAuditLogs: { description: 'Read the audit log', grants: ['read_audit_logs'] },
    ManageTokens: { description: 'Make personal access tokens for oneself', grants: ['tokens'] },
  }),
)

/** For the API. */
export const listPermissionSets = () =>
  [...PERMISSION_SETS].map(([name, { description, scope_type }]) => ({
    ...{ name, description, supported_scope_types: scope_type ? [scope_type] : [] },
  }))
