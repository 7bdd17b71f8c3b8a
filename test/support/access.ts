/** The predefined roles that may use a route, and the permission sets each of which is sufficient for it. */
export type Access = { roles: readonly string[]; sets: readonly string[] }

export const ROLE_NAMES = [
  ...['RBAC_ROLE_PERMIT_ALL', 'RBAC_ROLE_OBSERVER', 'RBAC_ROLE_DEPLOYMENTS_MANAGER', 'RBAC_ROLE_CI'],
  ...['RBAC_ROLE_REMOTE_TERMINAL', 'RBAC_ROLE_BASIC'],
]
const ALL = 'RBAC_ROLE_PERMIT_ALL'
const OBSERVER = 'RBAC_ROLE_OBSERVER'
const DEPLOYER = 'RBAC_ROLE_DEPLOYMENTS_MANAGER'
const CI = 'RBAC_ROLE_CI'
const TERMINAL = 'RBAC_ROLE_REMOTE_TERMINAL'

export const SET_NAMES = [
  ...['Basic', 'SuperUser', 'ReadDevices', 'ManageDevices', 'DeployToDevices', 'ApproveDeployments'],
  ...['ConfigureDevices', 'ConnectToDevices'],
  ...['ReadReleases', 'DownloadArtifacts', 'ManageReleases', 'UploadArtifacts'],
  ...['ReadUsers', 'ManageUsers', 'ReadAuditLogs', 'ManageTokens'],
]
const ON_DEVICES = SET_NAMES.filter((name) => name.endsWith('Devices'))

const own: Access = { roles: ROLE_NAMES, sets: SET_NAMES }
const seeDevices: Access = {
  roles: [ALL, OBSERVER, DEPLOYER, TERMINAL],
  sets: ['SuperUser', 'ApproveDeployments', ...ON_DEVICES],
}
const seeDeployments: Access = {
  roles: [ALL, OBSERVER, DEPLOYER],
  sets: [...['SuperUser', 'ReadDevices', 'ManageDevices', 'DeployToDevices', 'ApproveDeployments'], 'ConfigureDevices'],
}
const seeReleases: Access = {
  roles: [ALL, OBSERVER, DEPLOYER, CI],
  sets: ['SuperUser', 'ReadReleases', 'DownloadArtifacts', 'ManageReleases'],
}
const download: Access = { roles: [ALL, CI], sets: ['SuperUser', 'DownloadArtifacts', 'ManageReleases'] }
const manageDevices: Access = { roles: [ALL], sets: ['SuperUser', 'ManageDevices'] }
const configure: Access = { roles: [ALL], sets: ['SuperUser', 'ConfigureDevices'] }
const deploy: Access = { roles: [ALL, DEPLOYER], sets: ['SuperUser', 'DeployToDevices'] }
const approve: Access = { roles: [ALL, DEPLOYER], sets: ['SuperUser', 'DeployToDevices', 'ApproveDeployments'] }
const saveFilters: Access = { roles: [ALL, DEPLOYER], sets: ['SuperUser', 'DeployToDevices', 'ManageDevices'] }
const manageReleases: Access = { roles: [ALL, CI], sets: ['SuperUser', 'ManageReleases'] }
const upload: Access = { roles: [ALL, CI], sets: ['SuperUser', 'UploadArtifacts'] }
const seeUsers: Access = { roles: [ALL], sets: ['SuperUser', 'ReadUsers', 'ManageUsers'] }
const readAuditLogs: Access = { roles: [ALL], sets: ['SuperUser', 'ReadAuditLogs'] }
const makeTokens: Access = { roles: [ALL, OBSERVER, DEPLOYER, CI, TERMINAL], sets: ['SuperUser', 'ManageTokens'] }
const manageUsers: Access = { roles: [ALL], sets: ['SuperUser', 'ManageUsers'] }

const administer: Access = { roles: [ALL], sets: ['SuperUser'] }

const M = '/api/management'
const DEPLOYMENTS = `${M}/v1/deployments/deployments`
const ARTIFACTS = `${M}/v1/deployments/artifacts`
const INVENTORY = `${M}/v1/inventory`
const FILTERS = `${M}/v2/inventory/filters`
const DEVAUTH = `${M}/v2/devauth`
const DDI = `${M}/v2/ddi`
const CONFIGURATIONS = `${M}/v1/deviceconfig/configurations/device`

/** Every management route. */
export const ACCESS: Readonly<Record<string, Access>> = {
  [`POST ${M}/v1/useradm/auth/logout`]: own,
  [`GET ${M}/v1/useradm/auth/session`]: own,
  [`DELETE ${M}/v1/useradm/auth/session`]: own,
  [`GET ${M}/v1/useradm/users/me`]: own,
  [`GET ${M}/v1/useradm/users/{id}`]: seeUsers,
  [`GET ${M}/v1/useradm/users`]: seeUsers,
  [`GET ${M}/v1/useradm/users/export`]: seeUsers,
  [`POST ${M}/v1/useradm/users`]: manageUsers,
  [`PUT ${M}/v1/useradm/users/{id}`]: manageUsers,
  [`DELETE ${M}/v1/useradm/users/{id}`]: manageUsers,
  [`POST ${M}/v1/useradm/users/{id}/2fa/enable`]: manageUsers,
  [`POST ${M}/v1/useradm/users/{id}/2fa/disable`]: manageUsers,
  [`GET ${M}/v1/useradm/2faqr`]: own,
  [`PUT ${M}/v1/useradm/2faverify`]: own,
  [`GET ${M}/v1/useradm/settings`]: own,
  [`POST ${M}/v1/useradm/settings`]: deploy,
  [`GET ${M}/v1/useradm/settings/me`]: own,
  [`POST ${M}/v1/useradm/settings/me`]: own,
  [`GET ${M}/v1/useradm/settings/tokens`]: own,
  [`GET ${M}/v1/useradm/settings/tokens/export`]: own,
  [`POST ${M}/v1/useradm/settings/tokens`]: makeTokens,
  [`DELETE ${M}/v1/useradm/settings/tokens/{id}`]: own,
  [`GET ${M}/v1/useradm/sign_in_providers`]: manageUsers,
  [`GET ${M}/v1/useradm/sign_in_providers/all/export`]: manageUsers,
  [`POST ${M}/v1/useradm/sign_in_providers`]: manageUsers,
  [`GET ${M}/v1/useradm/sign_in_providers/{id}`]: manageUsers,
  [`PUT ${M}/v1/useradm/sign_in_providers/{id}`]: manageUsers,
  [`DELETE ${M}/v1/useradm/sign_in_providers/{id}`]: manageUsers,
  [`POST ${M}/v1/useradm/sign_in_providers/{id}/check`]: manageUsers,
  [`GET ${M}/v1/useradm/sign_in_settings`]: manageUsers,
  [`PUT ${M}/v1/useradm/sign_in_settings`]: manageUsers,
  [`GET ${M}/v1/useradm/plans`]: own,
  [`GET ${M}/v1/useradm/plan_binding`]: own,
  [`GET ${M}/v1/iot-manager/integrations`]: own,
  [`POST ${M}/v1/iot-manager/integrations`]: administer,
  [`GET ${M}/v1/iot-manager/integrations/{id}`]: administer,
  [`PUT ${M}/v1/iot-manager/integrations/{id}/credentials`]: administer,
  [`DELETE ${M}/v1/iot-manager/integrations/{id}`]: administer,
  [`GET ${M}/v1/iot-manager/events`]: administer,
  [`GET ${M}/v2/iot-manager/integrations/export`]: administer,
  [`PATCH ${M}/v2/iot-manager/integrations/{id}`]: administer,
  [`GET ${M}/v2/iot-manager/integrations/{id}/deliveries`]: administer,
  [`GET ${M}/v2/iot-manager/integrations/{id}/deliveries/export`]: administer,
  [`POST ${M}/v2/iot-manager/integrations/{id}/deliveries/{event_id}/redeliver`]: administer,
  [`GET ${M}/v1/auditlogs/logs`]: readAuditLogs,
  [`GET ${M}/v1/auditlogs/logs/export`]: readAuditLogs,
  [`GET ${M}/v2/inventory/statistics`]: seeDevices,
  [`GET ${M}/v2/inventory/fleet`]: seeDevices,
  [`GET ${M}/v2/inventory/groups`]: seeDevices,
  [`GET ${M}/v2/inventory/groups/export`]: seeDevices,
  [`GET ${M}/v2/inventory/filters/export`]: seeDevices,
  [`GET ${M}/v2/inventory/devices/export`]: seeDevices,
  [`GET ${M}/v2/deployments/deployments/export`]: seeDeployments,
  [`GET ${M}/v2/deployments/deployments/{id}/devices/export`]: seeDeployments,
  [`GET ${M}/v2/deployments/deployments/devices/{device}/history/export`]: seeDeployments,
  [`GET ${M}/v2/deployments/releases/all/export`]: seeReleases,
  [`GET ${M}/v2/inventory/fleet/software/{name}`]: seeDevices,
  [`GET ${M}/v2/inventory/fleet/timeline`]: seeDevices,
  [`GET ${M}/v2/inventory/fleet/timeline/export`]: seeDevices,
  [`GET ${M}/v2/deployments/overview`]: seeDeployments,
  [`GET ${M}/v2/deployments/deployments/{id}/timeline`]: seeDeployments,
  [`GET ${M}/v2/deployments/deployments/{id}/timeline/export`]: seeDeployments,
  [`GET ${M}/v2/deployments/deployments/{id}/failures`]: seeDeployments,
  [`GET ${M}/v1/deployments/config`]: seeDeployments,
  [`POST ${M}/v2/deployments/deployments/preview`]: seeDeployments,
  [`POST ${M}/v2/deployments/deployments/{id}/pause`]: deploy,
  [`POST ${M}/v2/deployments/deployments/{id}/resume`]: deploy,
  [`POST ${M}/v2/deployments/deployments/{id}/rollback`]: deploy,
  [`POST ${M}/v2/deployments/deployments/{id}/phases/{phase_id}/approve`]: approve,
  [`POST ${M}/v2/deployments/deployments/{id}/phases/{phase_id}/open`]: deploy,
  [`PUT ${M}/v2/deployments/deployments/{id}/phases/{phase_id}/verdicts/{name}`]: deploy,
  [`GET ${M}/v2/deployments/deployments/{id}/devices/{device}/explain`]: seeDeployments,
  [`GET ${M}/v2/deployments/deployments/devices/{device}/explain`]: seeDeployments,
  [`GET ${M}/v2/deployments/deployments/devices/{device}/pin`]: seeDeployments,
  [`PUT ${M}/v2/deployments/deployments/devices/{device}/pin`]: deploy,
  [`DELETE ${M}/v2/deployments/deployments/devices/{device}/pin`]: deploy,
  [`POST ${M}/v2/deployments/deployments/devices/pin`]: deploy,
  [`POST ${M}/v2/deployments/deployments/devices/unpin`]: deploy,
  [`GET ${M}/v2/deployments/deployments/{id}/pinned`]: seeDeployments,
  [`POST ${M}/v2/deployments/deployments/{id}/continue`]: deploy,
  [`POST ${M}/v2/deployments/deployments/{id}/devices/{device}/continue`]: deploy,
  [`GET ${M}/v2/deployments/deployments/devices/{device}/summary`]: seeDeployments,
  [`POST ${ARTIFACTS}/generate`]: upload,
  [`PUT ${M}/v2/deployments/deployments/releases/{name}/tags`]: manageReleases,
  [`PATCH ${M}/v2/deployments/deployments/releases/{name}`]: manageReleases,
  [`DELETE ${M}/v2/deployments/deployments/releases`]: manageReleases,
  [`GET ${M}/v2/useradm/permission_sets`]: own,
  [`GET ${M}/v2/useradm/roles`]: own,
  [`GET ${M}/v2/useradm/roles/all/export`]: own,
  [`GET ${M}/v2/useradm/roles/{name}`]: own,
  [`POST ${M}/v2/useradm/roles`]: manageUsers,
  [`PUT ${M}/v2/useradm/roles/{name}`]: manageUsers,
  [`DELETE ${M}/v2/useradm/roles/{name}`]: manageUsers,
  [`GET ${M}/v1/tenantadm/user/tenant`]: own,
  [`GET ${M}/v2/tenantadm/tenants/me`]: own,
  [`GET ${M}/v2/tenantadm/tenants/me/token`]: own,
  [`GET ${M}/v1/useradm/users/me/email-change/pending`]: own,
  [`GET ${M}/v1/useradm/roles`]: own,
  [`GET ${M}/v1/useradm/roles/{name}`]: own,
  [`POST ${M}/v1/useradm/roles`]: manageUsers,
  [`PUT ${M}/v1/useradm/roles/{name}`]: manageUsers,
  [`DELETE ${M}/v1/useradm/roles/{name}`]: manageUsers,
  [`POST ${M}/v2/useradm/users`]: manageUsers,
  [`PUT ${M}/v2/useradm/users/me`]: own,
  [`POST ${M}/v2alpha1/inventory/identities/search`]: seeDevices,
  [`GET ${M}/v2alpha1/inventory/devices/{id}/components`]: seeDevices,
  [`GET ${M}/v1alpha1/deployments/software`]: seeReleases,
  [`GET ${M}/v1alpha1/deployments/software/tags`]: seeReleases,
  [`GET ${M}/v1alpha1/deployments/manifests`]: seeReleases,

  [`GET ${CONFIGURATIONS}/{device}`]: seeDevices,
  [`PUT ${CONFIGURATIONS}/{device}`]: configure,
  [`POST ${CONFIGURATIONS}/{device}/deploy`]: configure,

  [`GET ${DDI}/settings`]: seeDevices,
  [`PUT ${DDI}/settings`]: manageDevices,
  [`GET ${DDI}/gateway_tokens`]: seeDevices,
  [`GET ${DDI}/gateway_tokens/export`]: seeDevices,
  [`POST ${DDI}/gateway_tokens`]: manageDevices,
  [`DELETE ${DDI}/gateway_tokens/{id}`]: manageDevices,
  [`POST ${DDI}/devices`]: manageDevices,
  [`GET ${DDI}/devices/{id}`]: seeDevices,
  [`POST ${DDI}/devices/{id}/target_token`]: manageDevices,
  [`DELETE ${DDI}/devices/{id}/target_token`]: manageDevices,
  [`POST ${DDI}/devices/{id}/config_data`]: manageDevices,

  [`GET ${DEVAUTH}/devices`]: seeDevices,
  [`POST ${DEVAUTH}/devices`]: manageDevices,
  [`POST ${DEVAUTH}/devices/search`]: seeDevices,
  [`POST ${DEVAUTH}/devices/bulk`]: manageDevices,
  [`GET ${DEVAUTH}/devices/count`]: seeDevices,
  [`GET ${DEVAUTH}/devices/{id}`]: seeDevices,
  [`DELETE ${DEVAUTH}/devices/{id}`]: manageDevices,
  [`DELETE ${DEVAUTH}/devices/{id}/auth/{aid}`]: manageDevices,
  [`GET ${DEVAUTH}/devices/{id}/auth/{aid}/status`]: seeDevices,
  [`PUT ${DEVAUTH}/devices/{id}/auth/{aid}/status`]: manageDevices,
  [`DELETE ${DEVAUTH}/tokens/{id}`]: manageDevices,
  [`GET ${DEVAUTH}/limits/max_devices`]: seeDevices,
  [`GET ${DEVAUTH}/limits/devices`]: seeDevices,

  [`GET ${INVENTORY}/devices`]: seeDevices,
  [`GET ${INVENTORY}/devices/{id}`]: seeDevices,
  [`DELETE ${INVENTORY}/devices/{id}`]: manageDevices,
  [`PATCH ${INVENTORY}/devices/{id}/tags`]: manageDevices,
  [`PUT ${INVENTORY}/devices/{id}/tags`]: manageDevices,
  [`GET ${INVENTORY}/devices/{id}/group`]: seeDevices,
  [`PUT ${INVENTORY}/devices/{id}/group`]: manageDevices,
  [`DELETE ${INVENTORY}/devices/{id}/group/{name}`]: manageDevices,
  [`GET ${INVENTORY}/groups`]: seeDevices,
  [`DELETE ${INVENTORY}/groups/{name}`]: manageDevices,
  [`GET ${INVENTORY}/groups/{name}/devices`]: seeDevices,
  [`PATCH ${INVENTORY}/groups/{name}/devices`]: manageDevices,
  [`DELETE ${INVENTORY}/groups/{name}/devices`]: manageDevices,
  [`GET ${FILTERS}`]: seeDevices,
  [`POST ${FILTERS}`]: saveFilters,
  [`POST ${FILTERS}/search`]: seeDevices,
  [`GET ${FILTERS}/attributes`]: seeDevices,
  [`GET ${FILTERS}/{id}`]: seeDevices,
  [`PUT ${FILTERS}/{id}`]: saveFilters,
  [`DELETE ${FILTERS}/{id}`]: saveFilters,
  [`GET ${FILTERS}/{id}/search`]: seeDevices,

  [`GET ${ARTIFACTS}`]: seeReleases,
  [`POST ${ARTIFACTS}`]: upload,
  [`GET ${ARTIFACTS}/list`]: seeReleases,
  [`GET ${ARTIFACTS}/{id}`]: seeReleases,
  [`PUT ${ARTIFACTS}/{id}`]: manageReleases,
  [`DELETE ${ARTIFACTS}/{id}`]: manageReleases,
  [`GET ${ARTIFACTS}/{id}/download`]: download,
  [`GET ${M}/v1/deployments/limits/{name}`]: seeReleases,
  [`GET ${DEPLOYMENTS}/releases`]: seeReleases,
  [`GET ${DEPLOYMENTS}/releases/list`]: seeReleases,
  [`GET ${M}/v2/deployments/artifacts`]: seeReleases,
  [`GET ${M}/v2/deployments/deployments/releases`]: seeReleases,
  [`GET ${M}/v2/deployments/deployments/releases/{name}`]: seeReleases,
  [`GET ${M}/v2/deployments/releases/all/tags`]: seeReleases,
  [`GET ${M}/v2/deployments/releases/all/types`]: seeReleases,

  [`GET ${DEPLOYMENTS}`]: seeDeployments,
  [`POST ${DEPLOYMENTS}`]: deploy,
  [`POST ${DEPLOYMENTS}/group/{name}`]: deploy,
  [`GET ${M}/v2/deployments/deployments`]: seeDeployments,
  [`GET ${M}/v2/deployments/events`]: seeDeployments,
  [`POST ${M}/v2/deployments/deployments`]: deploy,
  [`GET ${M}/v2/deployments/download_limits`]: seeDeployments,
  [`GET ${M}/v2/deployments/download_limits/running`]: seeDeployments,
  [`PUT ${M}/v2/deployments/download_limits`]: deploy,
  [`GET ${M}/v2/deployments/recipes`]: seeDeployments,
  [`GET ${M}/v2/deployments/recipes/all/export`]: seeDeployments,
  [`PUT ${M}/v2/deployments/recipes/{name}`]: deploy,
  [`DELETE ${M}/v2/deployments/recipes/{name}`]: deploy,
  [`GET ${DEPLOYMENTS}/{id}`]: seeDeployments,
  [`PATCH ${DEPLOYMENTS}/{id}`]: deploy,
  [`GET ${DEPLOYMENTS}/{id}/statistics`]: seeDeployments,
  [`POST ${DEPLOYMENTS}/statistics/list`]: seeDeployments,
  [`PUT ${DEPLOYMENTS}/{id}/status`]: deploy,
  [`GET ${DEPLOYMENTS}/{id}/devices`]: seeDeployments,
  [`GET ${DEPLOYMENTS}/{id}/devices/list`]: seeDeployments,
  [`GET ${DEPLOYMENTS}/{id}/device_list`]: seeDeployments,
  [`GET ${DEPLOYMENTS}/{id}/devices/{device}/log`]: seeDeployments,
  [`GET ${DEPLOYMENTS}/devices/{device}`]: seeDeployments,
  [`DELETE ${DEPLOYMENTS}/devices/{device}`]: deploy,
  [`DELETE ${DEPLOYMENTS}/devices/{device}/history`]: deploy,
}
