import { randomUUID } from 'node:crypto'
import { FULL_ROLE } from '../../src/auth/role.ts'
import type { Api } from './api.ts'
import { ed25519, pem } from './auth.ts'
import { readPaths } from './document.ts'
import type { World } from './world.ts'

// biome-ignore lint/suspicious/noExplicitAny: a JSON schema
export type Schema = any

export type Route = {
  method: string
  /** As in the OpenAPI document: `/devices/{id}`. */
  path: string
  /** `GET /devices/{id}` */
  name: string
  /** Who may call it. */
  caller: 'anybody' | 'user' | 'device' | 'ddi'
  parameters: string[]
  query: string[]
  body: Schema | undefined
}

const MANAGEMENT = '/api/management'
const USERADM = `${MANAGEMENT}/v1/useradm`
const DEVICES = '/api/devices'

/** Every route of the served OpenAPI document. */
export async function readRoutes(api: Pick<Api, 'get'>): Promise<Route[]> {
  return Object.entries(await readPaths(api)).flatMap(([path, operations]) =>
    Object.entries<Schema>(operations).map(([method, { security, parameters = [], requestBody }]) => {
      const named = (location: string) =>
        parameters.filter((one: Schema) => one.in === location).map((one: Schema) => one.name)
      return {
        ...{ method: method.toUpperCase(), path, name: `${method.toUpperCase()} ${path}` },
        caller: callerOf(path, security),
        ...{ parameters: named('path'), query: named('query') },
        body: requestBody?.content['application/json']?.schema,
      } as const
    }),
  )
}

function callerOf(path: string, security: Record<string, unknown>[] | undefined): Route['caller'] {
  if (security) return security.some((scheme) => 'ddi' in scheme) ? 'ddi' : 'anybody'
  return path.startsWith(MANAGEMENT) ? 'user' : 'device'
}

/** Whether the response contains the time of the request: a link expires, a stream begins, a timeline ends. */
export const hasOwnTime = ({ path }: Route): boolean =>
  /\/(download|events|deliveries|deliveries\/export|timeline|timeline\/export)$/.test(path)

/** Whether a route changes data, judged by its method, except the routes that read with POST. */
export const isChange = (route: Route): boolean =>
  !['GET', 'HEAD'].includes(route.method) && !READING.some((end) => route.path.endsWith(end)) && !isOwn(route)

/** Whether a route only changes the data of the calling user, which is permitted with any roles. */
export const isOwn = ({ name }: Route): boolean => OWN.includes(name)

const OWN = [
  `POST ${USERADM}/auth/logout`,
  `DELETE ${USERADM}/auth/session`,
  `POST ${USERADM}/settings/me`,
  `DELETE ${USERADM}/settings/tokens/{id}`,
  `PUT ${USERADM}/2faverify`,
  `PUT ${MANAGEMENT}/v2/useradm/users/me`,
]

const READING = [
  '/filters/search',
  '/devices/search',
  '/identities/search',
  '/statistics/list',
  '/deployments/preview',
  '/auth/login',
  '/auth/session',
  '/sign_in_providers/{id}/check',
]

/** The path with parameters from a world, and with the required query. */
export function pathIn(world: World, { name, path, parameters }: Route): string {
  if (parameters.length === 0) return path + (QUERIES[name] ?? '')
  return fill(path, valuesIn(world, path))
}

/** The parameters of a path from a world. */
export function valuesIn(world: World, path: string): Record<string, string> {
  const values = NAMED[path]?.(world)
  if (!values) throw new Error(`test/support/routes.ts does not know what to put into ${path}`)
  return values
}

export const fill = (path: string, values: Record<string, string>): string =>
  path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(values[name] ?? `no ${name}`))

const ofDevice = ({ device }: World) => ({ id: device.id })
const ofDdiDevice = ({ ddi }: World) => ({ id: ddi.id })
/** What a device that speaks DDI asks about the action that it works on. */
const ofAction = ({ tenant, ddi }: World) => ({
  ...{ tenant: tenant.tenant_id, controllerId: ddi.controller_id, id: ddi.active, file: 'update.swu' },
})
const ofCanceled = ({ tenant, ddi }: World) => ({
  ...{ tenant: tenant.tenant_id, controllerId: ddi.canceling_id, id: ddi.canceled },
})
const ofDeployment = ({ deployments, device }: World) => ({ id: deployments.running, device: device.id })
const ofPhase = ({ deployments, phase_ids }: World) => ({ id: deployments.gated, phase_id: phase_ids[0]! })
/** Not the one that works on a deployment. */
const ofConfigured = ({ other }: World) => ({ device: other.id })
const ofGroup = ({ group }: World) => ({ name: group })
const ofAuthSet = ({ device, auth_set_id }: World) => ({ id: device.id, aid: auth_set_id })
const ofFilter = ({ filter_id }: World) => ({ id: filter_id })
const ofIntegration = ({ integration_id, event_id }: World) => ({ id: integration_id, event_id })
const ofProvider = ({ provider_id }: World) => ({ id: provider_id })
const ofUser = ({ user_id }: World) => ({ id: user_id })
const ofArtifact = ({ unused_artifact_id }: World) => ({ id: unused_artifact_id })

const DEPLOYMENTS = `${MANAGEMENT}/v1/deployments/deployments`
const ROLLOUTS = `${MANAGEMENT}/v2/deployments/deployments`
const INVENTORY = `${MANAGEMENT}/v1/inventory`
const FILTERS = `${MANAGEMENT}/v2/inventory/filters`
const DEVAUTH = `${MANAGEMENT}/v2/devauth`
const DDI = `${MANAGEMENT}/v2/ddi`
const ROLES = `${MANAGEMENT}/v2/useradm/roles`
const INTEGRATIONS = `${MANAGEMENT}/v1/iot-manager/integrations`
const CHANGEABLE = `${MANAGEMENT}/v2/iot-manager/integrations/{id}`
const DELIVERIES = `${CHANGEABLE}/deliveries`
const CONFIGURATIONS = `${MANAGEMENT}/v1/deviceconfig/configurations/device`
const CONTROLLER = '/{tenant}/controller/v1/{controllerId}'

const NAMED: Record<string, (world: World) => Record<string, string>> = {
  [`${DEVICES}/v1/deployments/artifacts/{tenant_id}/{id}/{file}`]: ({ tenant, artifact_id }) => ({
    tenant_id: tenant.tenant_id,
    id: artifact_id,
    file: 'release-1.mender',
  }),
  [`${MANAGEMENT}/v1/deployments/artifacts/{id}`]: ofArtifact,
  [`${MANAGEMENT}/v1/deployments/artifacts/{id}/download`]: ofArtifact,
  [`${MANAGEMENT}/v1/deployments/limits/{name}`]: () => ({ name: 'storage' }),
  [`${ROLLOUTS}/releases/{name}`]: ({ release }) => ({ name: release }),
  [`${ROLLOUTS}/releases/{name}/tags`]: ({ release }) => ({ name: release }),
  [`${MANAGEMENT}/v2/deployments/recipes/{name}`]: ({ recipe }) => ({ name: recipe }),
  [`${DEPLOYMENTS}/group/{name}`]: ofGroup,
  [`${DEPLOYMENTS}/{id}`]: ofDeployment,
  [`${DEPLOYMENTS}/{id}/statistics`]: ofDeployment,
  [`${DEPLOYMENTS}/{id}/status`]: ofDeployment,
  [`${DEPLOYMENTS}/{id}/devices`]: ofDeployment,
  [`${DEPLOYMENTS}/{id}/devices/list`]: ofDeployment,
  [`${DEPLOYMENTS}/{id}/device_list`]: ofDeployment,
  [`${DEPLOYMENTS}/{id}/devices/{device}/log`]: ofDeployment,
  [`${DEPLOYMENTS}/devices/{device}`]: ofDeployment,
  [`${DEPLOYMENTS}/devices/{device}/history`]: ofDeployment,
  [`${ROLLOUTS}/{id}/devices/{device}/explain`]: ofDeployment,
  [`${ROLLOUTS}/devices/{device}/explain`]: ofDeployment,
  [`${ROLLOUTS}/devices/{device}/pin`]: ({ pending }) => ({ device: pending.id }),
  [`${ROLLOUTS}/{id}/pinned`]: ofDeployment,
  [`${ROLLOUTS}/{id}/continue`]: ofDeployment,
  [`${ROLLOUTS}/{id}/devices/{device}/continue`]: ofDeployment,
  [`${ROLLOUTS}/devices/{device}/summary`]: ofDeployment,
  [`${ROLLOUTS}/devices/{device}/history/export`]: ofDeployment,
  [`${ROLLOUTS}/{id}/timeline`]: ofDeployment,
  [`${ROLLOUTS}/{id}/timeline/export`]: ofDeployment,
  [`${ROLLOUTS}/{id}/failures`]: ofDeployment,
  [`${ROLLOUTS}/{id}/devices/export`]: ofDeployment,
  [`${ROLLOUTS}/{id}/pause`]: ofDeployment,
  [`${ROLLOUTS}/{id}/resume`]: ofDeployment,
  [`${ROLLOUTS}/{id}/rollback`]: ofDeployment,
  [`${ROLLOUTS}/{id}/phases/{phase_id}/approve`]: ofPhase,
  [`${ROLLOUTS}/{id}/phases/{phase_id}/open`]: ofPhase,
  [`${ROLLOUTS}/{id}/phases/{phase_id}/verdicts/{name}`]: ({ deployments, phase_ids }) => ({
    ...{ id: deployments.gated, phase_id: phase_ids[1]!, name: 'grafana' },
  }),
  [`${DEVICES}/v1/deployments/device/deployments/{id}/status`]: ofDeployment,
  [`${DEVICES}/v1/deployments/device/deployments/{id}/log`]: ofDeployment,
  [`${DEVICES}/v2/deployments/device/deployments/{id}/update_control_map`]: ofDeployment,
  [`${INVENTORY}/devices/{id}`]: ofDevice,
  [`${INVENTORY}/devices/{id}/tags`]: ofDevice,
  [`${INVENTORY}/devices/{id}/group`]: ofDevice,
  [`${INVENTORY}/devices/{id}/group/{name}`]: ({ device, group }) => ({ id: device.id, name: group }),
  [`${INVENTORY}/groups/{name}`]: ofGroup,
  [`${INVENTORY}/groups/{name}/devices`]: ofGroup,
  [`${FILTERS}/{id}`]: ofFilter,
  [`${FILTERS}/{id}/search`]: ofFilter,
  [`${USERADM}/users/{id}`]: ofUser,
  [`${USERADM}/users/{id}/2fa/enable`]: ofUser,
  [`${USERADM}/users/{id}/2fa/disable`]: ofUser,
  [`${USERADM}/sign_in_providers/{id}`]: ofProvider,
  [`${USERADM}/sign_in_providers/{id}/check`]: ofProvider,
  [`${USERADM}/settings/tokens/{id}`]: ({ access_token_id }) => ({ id: access_token_id }),
  [`${ROLES}/{name}`]: ({ role }) => ({ name: role }),
  [`${USERADM}/roles/{name}`]: ({ role }) => ({ name: role }),
  [`${MANAGEMENT}/v2alpha1/inventory/devices/{id}/components`]: ofDevice,
  [`${CONFIGURATIONS}/{device}`]: ofConfigured,
  [`${CONFIGURATIONS}/{device}/deploy`]: ofConfigured,
  [`${DEVICES}/v1/deployments/download/configuration/{deployment_id}/{device_type}/{device_id}`]: (world) => ({
    ...{ deployment_id: world.deployments.running, device_type: 'qemux86-64', device_id: world.device.id },
  }),
  [`${MANAGEMENT}/v2/inventory/fleet/software/{name}`]: ({ release }) => ({ name: release }),
  [`${DEVAUTH}/devices/{id}`]: ofDevice,
  [`${DEVAUTH}/devices/{id}/auth/{aid}`]: ofAuthSet,
  [`${DEVAUTH}/devices/{id}/auth/{aid}/status`]: ofAuthSet,
  [`${INTEGRATIONS}/{id}`]: ofIntegration,
  [`${INTEGRATIONS}/{id}/credentials`]: ofIntegration,
  [CHANGEABLE]: ofIntegration,
  [`${DELIVERIES}`]: ofIntegration,
  [`${DELIVERIES}/export`]: ofIntegration,
  [`${DELIVERIES}/{event_id}/redeliver`]: ofIntegration,
  [`${DDI}/gateway_tokens/{id}`]: ({ gateway_token_id }) => ({ id: gateway_token_id }),
  [`${DDI}/devices/{id}`]: ofDdiDevice,
  [`${DDI}/devices/{id}/target_token`]: ofDdiDevice,
  [`${DDI}/devices/{id}/config_data`]: ofDdiDevice,
  [`${DEVAUTH}/tokens/{id}`]: ({ auth_set_id }) => ({ id: auth_set_id }),
  [CONTROLLER]: ofAction,
  [`${CONTROLLER}/configData`]: ofAction,
  [`${CONTROLLER}/deploymentBase/{id}`]: ofAction,
  [`${CONTROLLER}/deploymentBase/{id}/feedback`]: ofAction,
  [`${CONTROLLER}/softwaremodules/{id}/artifacts`]: ofAction,
  [`${CONTROLLER}/softwaremodules/{id}/artifacts/{file}`]: ofAction,
  [`${CONTROLLER}/installedBase/{id}`]: (world) => ({ ...ofAction(world), id: world.ddi.installed }),
  [`${CONTROLLER}/cancelAction/{id}`]: ofCanceled,
  [`${CONTROLLER}/cancelAction/{id}/feedback`]: ofCanceled,
}

const QUERIES: Record<string, string> = {
  [`GET ${DEVICES}/v1/deployments/device/deployments/next`]: '?artifact_name=release-0&device_type=qemux86-64',
}

/** A body that the route accepts from an administrator of the world. */
export function bodyIn(world: World, { name, body }: Route): unknown {
  if (!body) return undefined
  const example = BODIES[name]
  if (!example) throw new Error(`test/support/routes.ts does not know a body for ${name}`)
  return example(world)
}

const provides = { artifact_name: 'release-0', device_type: 'qemux86-64' }
const deployment = { name: 'another', artifact_name: 'release-1', retries: 0, force_installation: false }
const planned = { update_control_map: { states: {} }, autogenerate_delta: false }
const gate = {
  ...{ success_percent: 95, of: 'ended', min_ended: 10, soak_minutes: 60 },
  ...{ approval: 'required', verdicts: ['grafana'] },
}
const START = { start_ts: '2026-01-01T00:00:00Z' }
const recipePhases = ({ device, filter_id }: World) => [
  { device_ids: [device.id], gate },
  { filter_id, gate },
  { batch_size: 10, ...START, gate },
  {},
]
/** One device is named, another one matches the filter, and the last phase takes the rest. */
const phasesFor = (id: string, { other_filter_id }: World) => [
  { device_ids: [id], gate },
  { filter_id: other_filter_id, gate },
  { batch_size: 100, ...START },
]
const rules = ({ nobody_filter_id }: World) => ({
  gate,
  failure_policy: {
    ...{ max_failures: 5, max_failure_percent: 5, min_ended: 10, scope: 'deployment', timeout_minutes: 60 },
    ...{ action: 'rollback', rollback_artifact_name: 'release-1' },
  },
  ...{ confirm_within_minutes: 60, max_in_flight: 500, max_in_flight_percent: 10, offers_per_minute: 1000 },
  ...{ ignore_quiet_hours: true, order: 'random', no_downgrade: true },
  exclude: { filter_id: nobody_filter_id, device_ids: ['nobody'] },
  windows: [{ days: ['sat', 'sun'], from: '01:00', to: '05:00' }],
  time_zone: { attribute: 'timezone', scope: 'inventory', fallback: 'Europe/Berlin' },
  blackouts: [{ from: '2026-12-20', to: '2027-01-02' }],
})
const notReached = ({ deployments }: World) => ({ deployment_id: deployments.gated, outcome: 'not_reached' })
/** The recipe is one that every tenant has. No other deployment has the key. */
const ruled = (world: World) => ({
  ...{ ...deployment, ...planned, ...rules(world), recipe: 'careful', key: `key-${randomUUID()}` },
})
const attributes = () => [{ name: 'foo', value: 'foo', description: 'as before', scope: 'inventory' }]
const groupMembers = ({ device_ids }: World) => Object.values(device_ids)
const term = { scope: 'inventory', attribute: 'foo', type: '$eq', value: 'foo' }
const group_of_terms = { type: '$not', terms: [{ type: '$or', terms: [{ ...term, value: 'bar' }] }] }

/** Nothing is sent there: the address is not public. */
const credentials = { type: 'http', http: { url: 'http://localhost:9/hook', secret: '00ff' } }

const permits = {
  description: 'as they say',
  permission_sets_with_scope: [{ name: 'ReadDevices', scope: { type: 'DeviceGroups', value: ['fleet'] } }],
}

const permitsV1 = {
  description: 'as they say',
  permissions: [{ action: 'VIEW_DEVICE', object: { type: 'DEVICE_GROUP', value: 'fleet' } }],
}

/** Nothing is asked there: the address is not public. */
const provider = (issuer: string) => ({
  ...{ name: 'Example', issuer, client_id: 'muster', client_secret: 'correct horse', enabled: true },
  ...{ scopes: ['openid', 'email'], roles_claim: 'groups', default_roles: ['RBAC_ROLE_OBSERVER'] },
  role_mappings: [{ value: 'fleet', roles: ['RBAC_ROLE_CI'] }],
  ...{ create_users: true, link_users: false, email_domains: ['example.com'], session_hours: 8 },
  ends_provider_session: false,
})

/** The device goes on, so that its action stays open. */
const feedback = () => ({
  status: { execution: 'proceeding', result: { finished: 'none' }, details: ['It goes on.'] },
})

const BODIES: Record<string, (world: World) => unknown> = {
  [`POST ${USERADM}/sign_in_providers`]: () => ({ id: 'another', ...provider('http://localhost:9/another') }),
  [`PUT ${USERADM}/sign_in_providers/{id}`]: () => provider('http://localhost:9/changed'),
  [`PUT ${USERADM}/sign_in_settings`]: ({ user_id }) => ({ password_sign_in: 'everyone', password_user_id: user_id }),
  [`POST ${USERADM}/auth/password-reset/start`]: ({ tenant }) => ({ email: tenant.email }),
  [`POST ${USERADM}/auth/password-reset/complete`]: () => ({ secret_hash: '00', password: 'a new password' }),
  [`POST ${USERADM}/auth/verify-email/start`]: ({ tenant }) => ({ email: tenant.email }),
  [`POST ${USERADM}/auth/verify-email/complete`]: () => ({ secret_hash: '00' }),
  [`POST ${USERADM}/auth/login`]: () => ({ no_expiry: false, token2fa: '' }),
  [`POST ${USERADM}/auth/session`]: () => ({
    email: 'a@example.com',
    password: 'correct horse',
    token2fa: '',
    stay: true,
  }),
  [`PUT ${MANAGEMENT}/v1/deployments/artifacts/{id}`]: () => ({ description: 'better' }),
  [`PUT ${ROLLOUTS}/releases/{name}/tags`]: () => ['stable'],
  [`PATCH ${ROLLOUTS}/releases/{name}`]: () => ({ notes: 'tried' }),
  [`POST ${ROLLOUTS}`]: (world) => ({
    ...{ ...ruled(world), filter_id: world.filter_id, max_devices: 3, phases: phasesFor(world.device.id, world) },
  }),
  [`POST ${ROLLOUTS}/preview`]: (world) => ({
    ...{ ...ruled(world), filter_id: world.filter_id, max_devices: 3, phases: phasesFor(world.device.id, world) },
    ...{ devices: [], all_devices: false, group: 'lab', devices_of: notReached(world) },
  }),
  [`POST ${DEPLOYMENTS}`]: (world) => ({
    ...{ ...ruled(world), devices: [], all_devices: false, devices_of: notReached(world) },
    phases: phasesFor(world.pending.id, world),
  }),
  // The group has one device, too few for phases with all members, and other tenants know no filter.
  [`POST ${DEPLOYMENTS}/group/{name}`]: (world) => ({
    ...{ ...ruled(world), devices: [], all_devices: false, devices_of: null },
    exclude: { filter_id: null, device_ids: ['nobody'] },
    phases: [{ batch_size: 100, ...START, device_ids: null, filter_id: null, gate: null }],
  }),
  [`POST ${ROLLOUTS}/{id}/pause`]: () => ({ reason: 'the fleet is busy' }),
  [`POST ${ROLLOUTS}/{id}/resume`]: () => ({ reason: 'the fleet is idle' }),
  [`POST ${ROLLOUTS}/{id}/rollback`]: () => ({ artifact_name: 'release-1', keep_limits: true }),
  [`PUT ${ROLLOUTS}/devices/{device}/pin`]: () => ({ not_before: '2100-01-01T00:00:00Z', reason: 'on the stand' }),
  [`POST ${ROLLOUTS}/devices/pin`]: ({ pending }) => ({
    device_ids: [pending.id],
    not_before: null,
    reason: 'in a trial',
  }),
  [`POST ${ROLLOUTS}/devices/unpin`]: ({ pending }) => ({ device_ids: [pending.id] }),
  [`POST ${ROLLOUTS}/{id}/continue`]: () => ({ states: ['ArtifactReboot_Enter'] }),
  [`POST ${ROLLOUTS}/{id}/phases/{phase_id}/approve`]: () => ({ comment: 'the tests have passed' }),
  [`POST ${ROLLOUTS}/{id}/phases/{phase_id}/open`]: () => ({ reason: 'the lab is closed' }),
  [`PUT ${ROLLOUTS}/{id}/phases/{phase_id}/verdicts/{name}`]: () => ({ verdict: 'pass', reason: 'no errors' }),
  [`PUT ${MANAGEMENT}/v2/deployments/download_limits`]: () => ({
    quiet_hours: {
      windows: [{ days: ['mon', 'tue'], from: '03:00', to: '03:01' }],
      time_zone: { attribute: 'timezone', scope: 'inventory', fallback: 'Europe/Berlin' },
    },
    ...{ max_downloads: 100_000, max_bytes_per_second: 1_000_000_000, download_timeout_minutes: 90 },
    by_attribute: {
      ...{ scope: 'inventory', attribute: 'site', max_downloads: 50_000, max_bytes_per_second: 1_000_000_000 },
    },
  }),
  [`PUT ${MANAGEMENT}/v2/deployments/recipes/{name}`]: (world) => ({
    ...{ description: 'as they say', phases: recipePhases(world), ...rules(world) },
  }),
  [`POST ${DEPLOYMENTS}/statistics/list`]: ({ deployments }) => ({ deployment_ids: Object.values(deployments) }),
  [`PATCH ${DEPLOYMENTS}/{id}`]: () => ({ update_control_map: { priority: 2 } }),
  [`PUT ${DEPLOYMENTS}/{id}/status`]: () => ({ status: 'aborted' }),
  [`POST ${DEVICES}/v1/deployments/device/deployments/next`]: () => provides,
  [`POST ${DEVICES}/v2/deployments/device/deployments/next`]: () => ({
    device_provides: provides,
    update_control_map: true,
  }),
  [`PUT ${DEVICES}/v1/deployments/device/deployments/{id}/status`]: () => ({ status: 'downloading', substate: 'x' }),
  [`PUT ${DEVICES}/v1/deployments/device/deployments/{id}/log`]: () => ({
    messages: [{ timestamp: '2026-01-01T00:00:00Z', level: 'info', message: 'it goes on' }],
  }),
  [`PATCH ${DEVICES}/v1/inventory/device/attributes`]: attributes,
  [`PUT ${DEVICES}/v1/inventory/device/attributes`]: attributes,
  [`PATCH ${INVENTORY}/devices/{id}/tags`]: attributes,
  [`PUT ${INVENTORY}/devices/{id}/tags`]: attributes,
  [`PUT ${INVENTORY}/devices/{id}/group`]: ({ group }) => ({ group }),
  [`PATCH ${INVENTORY}/groups/{name}/devices`]: groupMembers,
  [`DELETE ${INVENTORY}/groups/{name}/devices`]: groupMembers,
  [`POST ${FILTERS}`]: () => ({ name: 'another', terms: [term, group_of_terms] }),
  [`PUT ${FILTERS}/{id}`]: () => ({ name: 'changed', terms: [term, group_of_terms] }),
  [`POST ${FILTERS}/search`]: ({ device }) => ({
    ...{ page: 1, per_page: 20, filters: [term, group_of_terms] },
    sort: [{ scope: 'inventory', attribute: 'foo', order: 'asc' }],
    ...{ attributes: [{ scope: 'inventory', attribute: 'foo' }], device_ids: [device.id], text: 'foo' },
  }),
  [`POST ${MANAGEMENT}/v2alpha1/inventory/identities/search`]: ({ device }) => ({
    ...{ scope: 'identity', name: 'mac', value_prefix: String(device.identity.mac).slice(0, 4), page: 1, per_page: 20 },
    attributes: [{ scope: 'identity', attribute: 'mac' }],
  }),
  [`POST ${MANAGEMENT}/v2/useradm/users`]: ({ tenant }) => ({
    ...{ email: `new-v2-${tenant.email}`, password: 'a new password', roles: [] },
  }),
  [`PUT ${MANAGEMENT}/v2/useradm/users/me`]: ({ tenant: { password } }) => ({ password, current_password: password }),
  [`POST ${USERADM}/roles`]: () => ({ name: 'another of version 1', ...permitsV1 }),
  [`PUT ${USERADM}/roles/{name}`]: ({ role }) => ({ name: role, ...permitsV1 }),
  [`POST ${ROLES}`]: () => ({ name: 'another', ...permits }),
  [`PUT ${ROLES}/{name}`]: ({ role }) => ({ name: role, ...permits }),
  [`POST ${DEVAUTH}/devices`]: () => ({ identity_data: { mac: 'new' }, pubkey: PUBKEY, force: false }),
  [`POST ${DEVAUTH}/devices/search`]: ({ device }) => ({ status: ['accepted'], id: device.id }),
  [`POST ${DEVAUTH}/devices/bulk`]: ({ other }) => ({ action: 'accept', device_ids: [other.id] }),
  [`PUT ${DEVAUTH}/devices/{id}/auth/{aid}/status`]: () => ({ status: 'rejected' }),
  [`PUT ${CONFIGURATIONS}/{device}`]: () => ({ timezone: 'Europe/Oslo', led: '' }),
  [`POST ${CONFIGURATIONS}/{device}/deploy`]: () => ({ retries: 1, update_control_map: { states: {} } }),
  [`PUT ${DEVICES}/v1/deviceconfig/configuration`]: () => ({ timezone: 'UTC' }),
  [`PUT ${DDI}/settings`]: () => ({
    ...{ target_token: true, gateway_token: true, certificate_issuers: ['Example'], accepts_devices: false },
    ...{ polling_interval_s: 60, busy_polling_interval_s: 10, quiet_polling_interval_s: 3600 },
    ...{ device_type_attributes: ['device_type'], default_device_type: 'qemux86-64' },
  }),
  [`POST ${INTEGRATIONS}`]: () => ({
    ...{ provider: 'webhook', description: 'as they say', credentials },
    ...{ format: 'json', events: ['device-provisioned', 'deployment-tripped'], unique_url: false },
  }),
  [`PUT ${INTEGRATIONS}/{id}/credentials`]: () => credentials,
  [`PATCH ${CHANGEABLE}`]: () => ({ description: 'for others', format: 'slack', events: ['deployment-tripped'] }),
  [`POST ${DDI}/gateway_tokens`]: () => ({ name: 'another', token: 'another-gateway-token' }),
  [`POST ${DDI}/devices`]: () => ({ controller_id: 'another', token: 'another-target-token' }),
  [`POST ${DDI}/devices/{id}/target_token`]: () => ({ token: 'a-new-target-token' }),
  [`PUT ${CONTROLLER}/configData`]: () => ({ mode: 'merge', data: { device_type: 'board', serial: '7' } }),
  [`POST ${CONTROLLER}/deploymentBase/{id}/feedback`]: feedback,
  [`POST ${CONTROLLER}/cancelAction/{id}/feedback`]: feedback,
  [`POST ${USERADM}/users`]: ({ tenant }) => ({
    email: `new-${tenant.email}`,
    password: 'a new password',
    roles: [FULL_ROLE],
  }),
  [`PUT ${USERADM}/users/{id}`]: ({ tenant: { email, password } }) => ({
    ...{ email, password, current_password: password, roles: [FULL_ROLE] },
  }),
  [`POST ${USERADM}/settings`]: () => ({ previousPhases: [[{ batch_size: 10 }]], retries: 1 }),
  [`POST ${USERADM}/settings/me`]: () => ({ onboarding: { complete: true } }),
  [`POST ${USERADM}/settings/tokens`]: () => ({ name: 'another', expires_in: 3600 }),
  [`PUT ${USERADM}/2faverify`]: () => ({ token2fa: '000000' }),
  [`POST ${DEVICES}/v1/authentication/auth_requests`]: ({ tenant }) => ({
    ...{ id_data: '{"mac":"new"}', pubkey: PUBKEY, tenant_token: tenant.tenant_token },
  }),
}

const PUBKEY = pem(ed25519())

/** The status of a permitted GET request, while no two-factor setup and no e-mail change is pending. */
export const statusOf = ({ path }: Route): number =>
  path.endsWith('/2faqr') ? 400 : path.endsWith('/email-change/pending') ? 204 : 200
