const M = '/api/management'
const D = '/api/devices'
const DDI = '/{tenant}/controller/v1/{controllerId}'

const TERM = { scope: 'inventory', attribute: 'region', type: '$eq', value: 'eu' }
const OUTDATED = { ...TERM, attribute: 'rootfs-image.version', type: '$version_lt', value: '2.4.0' }
const DEVICE = '34122ea0-58c3-423c-aab2-412419be1392'
const DEPLOYMENT = '38b57a5b-19b8-4396-a518-932f3881199d'
const FILTER = '158986d3-b70f-41a2-be8e-106ec0842492'
const PHASES = [
  { batch_size: 10 },
  { batch_size: 30, start_ts: '2030-01-01T08:00:00Z' },
  { start_ts: '2030-01-02T08:00:00Z' },
]
const PROVIDES = { artifact_name: 'release-1.0', device_type: 'raspberrypi4', 'rootfs-image.version': 'release-1.0' }
const PUBKEY = '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA...\n-----END PUBLIC KEY-----\n'
const CONTROL_MAP = { states: { ArtifactInstall_Enter: { action: 'pause' } } }
const DYNAMIC = { name: 'production', artifact_name: 'release-2.0', filter_id: FILTER, phases: PHASES, retries: 2 }
const ATTRIBUTES = [
  { name: 'region', value: 'eu' },
  { name: 'ipv4_eth0', value: ['192.0.2.7/24'] },
]
const PERMISSIONS = [{ name: 'DeployToDevices', scope: { type: 'DeviceGroups', value: ['lab'] } }]
const PERMISSIONS_V1 = [{ action: 'CREATE_DEPLOYMENT', object: { type: 'DEVICE_GROUP', value: 'lab' } }]

const LINK = '6f1c2a90b3d84e57a1f0c9d2e8b7364510fedcba98765432100123456789abcd'
const WEBHOOK = { type: 'http', http: { url: 'https://hooks.example.com/muster', secret: '8f3c21d0' } }

const PROVIDER = {
  ...{ name: 'Example', issuer: 'https://login.example.com', client_id: 'muster', client_secret: 'correct horse' },
  ...{ create_users: true, roles_claim: 'groups', default_roles: [] },
  role_mappings: [{ value: 'fleet-operators', roles: ['RBAC_ROLE_DEPLOYMENTS_MANAGER'] }],
}

/** A body for every operation that takes one, by method and path as the OpenAPI document names them. */
export const EXAMPLES: Readonly<Record<string, unknown>> = {
  [`POST ${M}/v1/useradm/auth/login`]: { token2fa: '123456' },
  [`POST ${M}/v1/useradm/auth/password-reset/start`]: { email: 'admin@example.com' },
  [`POST ${M}/v1/useradm/auth/password-reset/complete`]: { secret_hash: LINK, password: 'correct horse' },
  [`POST ${M}/v1/useradm/auth/verify-email/start`]: { email: 'admin@example.com' },
  [`POST ${M}/v1/useradm/auth/verify-email/complete`]: { secret_hash: LINK },
  [`POST ${M}/v1/useradm/auth/session`]: { email: 'admin@example.com', password: 'correct horse', stay: true },
  [`POST ${M}/v2/deployments/deployments`]: DYNAMIC,
  [`POST ${M}/v2/deployments/deployments/preview`]: DYNAMIC,
  [`POST ${M}/v1/deployments/deployments`]: { name: 'bench', artifact_name: 'release-2.0', devices: [DEVICE] },
  [`POST ${M}/v1/deployments/deployments/group/{name}`]: { name: 'lab', artifact_name: 'release-2.0', phases: PHASES },
  [`PUT ${M}/v2/deployments/download_limits`]: {
    quiet_hours: {
      windows: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '07:00', to: '19:00' }],
      time_zone: 'Europe/Berlin',
    },
    max_downloads: 500,
    by_attribute: { scope: 'inventory', attribute: 'site', max_downloads: 5 },
  },
  [`PUT ${M}/v2/deployments/recipes/{name}`]: {
    description: 'The lab, then 10 % of the devices, then the rest, each after a day without trouble',
    phases: [{ filter_id: FILTER, gate: { success_percent: 100, soak_minutes: 1440 } }, { batch_size: 10 }, {}],
    gate: { success_percent: 95, soak_minutes: 1440 },
    failure_policy: { max_failure_percent: 5, min_ended: 10, timeout_minutes: 120, action: 'pause' },
  },
  [`POST ${M}/v2/deployments/deployments/{id}/pause`]: { reason: 'The depot has no power until noon' },
  [`POST ${M}/v2/deployments/deployments/{id}/resume`]: { reason: 'The depot has power again' },
  [`POST ${M}/v2/deployments/deployments/{id}/rollback`]: { artifact_name: 'release-1.0' },
  [`POST ${M}/v2/deployments/deployments/{id}/phases/{phase_id}/approve`]: { comment: 'No complaints from the lab' },
  [`POST ${M}/v2/deployments/deployments/{id}/phases/{phase_id}/open`]: { reason: 'Two devices are in repair' },
  [`PUT ${M}/v2/deployments/deployments/{id}/phases/{phase_id}/verdicts/{name}`]: {
    ...{ verdict: 'fail', reason: 'The error rate has doubled' },
  },
  [`PUT ${M}/v2/deployments/deployments/devices/{device}/pin`]: { reason: 'On the stand until the fair is over' },
  [`POST ${M}/v2/deployments/deployments/devices/pin`]: { device_ids: [DEVICE], reason: 'In a clinical trial' },
  [`POST ${M}/v2/deployments/deployments/devices/unpin`]: { device_ids: [DEVICE] },
  [`POST ${M}/v2/deployments/deployments/{id}/continue`]: { states: ['ArtifactReboot_Enter'] },
  [`POST ${M}/v1/deployments/deployments/statistics/list`]: { deployment_ids: [DEPLOYMENT] },
  [`PUT ${M}/v1/deployments/deployments/{id}/status`]: { status: 'aborted' },
  [`PATCH ${M}/v1/deployments/deployments/{id}`]: { update_control_map: CONTROL_MAP },
  [`PUT ${M}/v1/deployments/artifacts/{id}`]: { description: 'Fixes the clock' },
  [`PUT ${M}/v2/deployments/deployments/releases/{name}/tags`]: ['stable', 'eu'],
  [`PATCH ${M}/v2/deployments/deployments/releases/{name}`]: { notes: 'Tried on the bench for a week' },

  [`PATCH ${M}/v1/inventory/groups/{name}/devices`]: [DEVICE],
  [`DELETE ${M}/v1/inventory/groups/{name}/devices`]: [DEVICE],
  [`PUT ${M}/v1/inventory/devices/{id}/group`]: { group: 'lab' },
  [`PUT ${M}/v1/inventory/devices/{id}/tags`]: [{ name: 'place', value: 'roof' }],
  [`PATCH ${M}/v1/inventory/devices/{id}/tags`]: [{ name: 'place', value: 'roof' }],
  [`POST ${M}/v2/inventory/filters`]: { name: 'outdated', terms: [OUTDATED, { type: '$not', terms: [TERM] }] },
  [`PUT ${M}/v2/inventory/filters/{id}`]: { name: 'europe', terms: [TERM] },
  [`POST ${M}/v2/inventory/filters/search`]: { page: 1, per_page: 20, filters: [TERM] },

  [`POST ${M}/v2/devauth/devices`]: { identity_data: { mac: '02:00:00:00:00:01' }, pubkey: PUBKEY },
  [`POST ${M}/v2/devauth/devices/bulk`]: { action: 'accept', device_ids: [DEVICE] },
  [`POST ${M}/v2/devauth/devices/search`]: { status: ['pending'] },
  [`PUT ${M}/v2/devauth/devices/{id}/auth/{aid}/status`]: { status: 'accepted' },

  [`PUT ${M}/v1/deviceconfig/configurations/device/{device}`]: { timezone: 'Europe/Oslo' },
  [`POST ${M}/v1/deviceconfig/configurations/device/{device}/deploy`]: { retries: 1 },

  [`PUT ${M}/v2/ddi/settings`]: { gateway_token: true, device_type_attributes: ['board'] },
  [`POST ${M}/v2/ddi/gateway_tokens`]: { name: 'plant 1' },
  [`POST ${M}/v2/ddi/devices`]: { controller_id: 'sensor-0001' },
  [`POST ${M}/v2/ddi/devices/{id}/target_token`]: {},

  [`POST ${M}/v1/iot-manager/integrations`]: { provider: 'webhook', credentials: WEBHOOK },
  [`PUT ${M}/v1/iot-manager/integrations/{id}/credentials`]: WEBHOOK,
  [`PATCH ${M}/v2/iot-manager/integrations/{id}`]: {
    format: 'slack',
    events: ['deployment-gate-waiting', 'deployment-tripped', 'deployment-finished'],
  },

  [`POST ${M}/v1/useradm/users`]: { email: 'ada@example.com', password: 'correct horse', roles: ['RBAC_ROLE_CI'] },
  [`PUT ${M}/v1/useradm/users/{id}`]: { roles: ['RBAC_ROLE_OBSERVER'] },
  [`PUT ${M}/v1/useradm/2faverify`]: { token2fa: '123456' },
  [`POST ${M}/v1/useradm/settings`]: { retries: 1 },
  [`POST ${M}/v1/useradm/settings/me`]: { columns: ['mac', 'region'] },
  [`POST ${M}/v1/useradm/settings/tokens`]: { name: 'pipeline', expires_in: 2_592_000 },
  [`POST ${M}/v1/useradm/sign_in_providers`]: PROVIDER,
  [`PUT ${M}/v1/useradm/sign_in_providers/{id}`]: PROVIDER,
  [`PUT ${M}/v1/useradm/sign_in_settings`]: { password_sign_in: 'one_user', password_user_id: DEVICE },
  [`POST ${M}/v2/useradm/users`]: { email: 'ada@example.com', password: 'correct horse' },
  [`PUT ${M}/v2/useradm/users/me`]: { password: 'correct horse', current_password: 'wrong horse' },
  [`POST ${M}/v1/useradm/roles`]: { name: 'lab crew', permissions: PERMISSIONS_V1 },
  [`PUT ${M}/v1/useradm/roles/{name}`]: { permissions: PERMISSIONS_V1 },
  [`POST ${M}/v2alpha1/inventory/identities/search`]: { scope: 'identity', name: 'mac', value_prefix: '02:00' },
  [`POST ${M}/v2/useradm/roles`]: { name: 'lab crew', permission_sets_with_scope: PERMISSIONS },
  [`PUT ${M}/v2/useradm/roles/{name}`]: { description: 'The lab', permission_sets_with_scope: PERMISSIONS },

  [`POST ${D}/v1/authentication/auth_requests`]: { id_data: '{"mac":"02:00:00:00:00:01"}', pubkey: PUBKEY },
  [`PUT ${D}/v1/inventory/device/attributes`]: ATTRIBUTES,
  [`PATCH ${D}/v1/inventory/device/attributes`]: ATTRIBUTES,
  [`PUT ${D}/v1/deviceconfig/configuration`]: { timezone: 'Europe/Oslo' },
  [`POST ${D}/v1/deployments/device/deployments/next`]: PROVIDES,
  [`POST ${D}/v2/deployments/device/deployments/next`]: { device_provides: PROVIDES, update_control_map: true },
  [`PUT ${D}/v1/deployments/device/deployments/{id}/status`]: { status: 'installing' },
  [`PUT ${DDI}/configData`]: { mode: 'merge', data: { board: 'sensor-v2', region: 'eu' } },
  [`POST ${DDI}/deploymentBase/{id}/feedback`]: {
    status: { execution: 'closed', result: { finished: 'success' }, details: ['Update installed'] },
  },
  [`POST ${DDI}/cancelAction/{id}/feedback`]: { status: { execution: 'closed', result: { finished: 'success' } } },
  [`PUT ${D}/v1/deployments/device/deployments/{id}/log`]: {
    messages: [{ timestamp: '2030-01-01T08:00:00Z', level: 'error', message: 'no space left' }],
  },
}
