import { expect } from 'vitest'
import { announce } from '../../src/webhooks/announce.ts'
import { openApi } from './api.ts'
import { uploadTestArtifact } from './artifact.ts'
import { authOf, claimsOf, DEVAUTH, ed25519, newIdentity } from './auth.ts'
import { actionOf, enrolDdi, gatewayOf, linksOf, uploadFile } from './ddi.ts'
import { abort, deploy, inventoryTerm, poll, saveFilter, show, V1, V2, writeAllAborts } from './deploy.ts'
import { enrol } from './device.ts'
import { integrate } from './receiver.ts'
import { insertSignedIn, type TestServer } from './server.ts'

const INVENTORY = '/api/management/v1/inventory'
export const USERADM = '/api/management/v1/useradm'
export const ROLES = '/api/management/v2/useradm/roles'
const DDI = '/api/management/v2/ddi'
const RECIPES = '/api/management/v2/deployments/recipes'
export const OBSERVER = 'RBAC_ROLE_OBSERVER'

export type World = Awaited<ReturnType<typeof makeWorld>>

/** A tenant with all kinds of objects: devices in every state, deployments of every kind, users with two roles. */
export async function makeWorld(server: TestServer) {
  const tenant = await server.tenant()
  const artifact_id = await uploadTestArtifact(tenant.api, { name: 'release-1', description: 'in use' })
  const unused_artifact_id = await uploadTestArtifact(tenant.api, { name: 'release-2', device_types: ['other'] })
  const devices = await makeDevices(server, tenant)
  const observer = await signIn(server, tenant, [OBSERVER])
  for (const api of [tenant.api, observer]) await api.post(`${USERADM}/users/me/2fa/enable`)
  return {
    ...{ tenant, artifact_id, unused_artifact_id, release: 'release-1' },
    ...devices,
    ...(await makeDeployments(tenant, devices)),
    observer,
    ddi: await makeDdi(server, tenant),
    role: await makeRole(tenant),
    recipe: await makeRecipe(tenant),
    gateway_token_id: (await tenant.api.post(`${DDI}/gateway_tokens`, { name: 'for the plant' })).body.id as string,
    user_id: claimsOf(tenant.api.token ?? '').sub as string,
    ...(await makeIntegration(server, tenant)),
    provider_id: await makeProvider(tenant),
    access_token_id: claimsOf((await tenant.api.post(`${USERADM}/settings/tokens`, { name: 'for scripts' })).text)
      .jti as string,
  }
}

type Tenant = Awaited<ReturnType<TestServer['tenant']>>

async function makeDevices(server: TestServer, tenant: Tenant) {
  const { api } = tenant
  const auth = authOf(server, tenant)
  const [device, other] = await enrol(server, tenant, 2, { foo: 'foo', device_type: 'qemux86-64' })
  if (!device || !other) throw new Error('no devices')
  await auth.ask(ed25519(), device.identity)
  const waiting = { pending: await auth.waiting(), rejected: await auth.waiting(), noauth: await auth.waiting() }
  await auth.setStatus(waiting.rejected.id, waiting.rejected.set_id, 'rejected')
  await auth.deleteSet(waiting.noauth.id, waiting.noauth.set_id)
  const preauthorized = await auth.preauthorize(ed25519(), newIdentity())
  const ddi = await api.post(`${DDI}/devices`, { controller_id: 'controller' })
  const group = 'fleet'
  await api.put(`${INVENTORY}/devices/${device.id}/group`, { group })
  await api.put(`${INVENTORY}/devices/${device.id}/tags`, [{ name: 'place', value: 'roof', description: 'where' }])
  await openApi(server.url, other.token).put('/api/devices/v1/deviceconfig/configuration', { timezone: 'UTC' })
  const { body } = await api.get(`${DEVAUTH}/devices/${device.id}`)
  const accepted = body.auth_sets.find(({ status }: { status: string }) => status === 'accepted')
  return {
    ...{ device, other, group, auth_set_id: accepted.id as string },
    pending: waiting.pending,
    device_ids: {
      accepted: device.id,
      pending: waiting.pending.id,
      rejected: waiting.rejected.id,
      noauth: waiting.noauth.id,
      preauthorized: preauthorized.headers.get('location')?.split('/')[1] ?? '',
      ddi: ddi.body.device_id as string,
    },
  }
}

type Devices = Awaited<ReturnType<typeof makeDevices>>

async function makeDeployments({ api }: Tenant, { device, other, pending }: Devices) {
  const filter_id = await saveFilter(api, inventoryTerm('foo', 'foo'))
  const finished = await deploy(api, { name: 'finished', devices: [other.id] })
  await poll(other)
  await other.sendLog(finished, ['it went well'])
  await other.report(finished, 'success')
  const update_control_map = { priority: 1, states: { ...CONTINUES, ...PAUSES } }
  const running = await deploy(api, { name: 'running', filter_id, max_devices: 5, retries: 1, update_control_map })
  await poll(device)
  await device.report(running, 'installing', 'halfway')
  await device.sendLog(running, ['it goes on'])
  const phases = [{ batch_size: 50 }, { start_ts: '2040-01-01T00:00:00Z' }]
  const phased = await deploy(api, { name: 'phased', filter_id, phases })
  const grouped = await api.post(`${V1}/group/fleet`, { name: 'grouped', artifact_name: 'release-1' })
  const group_deployment = grouped.headers.get('location')?.split('/').at(-1) ?? ''
  const gated = await deploy(api, { name: 'gated', devices: [device.id, other.id, pending.id], phases: GATED })
  const { phases: gated_phases } = await show(api, gated)
  expect((await api.put(`${V2}/devices/${pending.id}/pin`, { reason: 'in a trial' })).status).toBe(204)
  return {
    filter_id,
    /** Filters that only `other` matches, and no device. */
    other_filter_id: await saveFilter(api, {
      scope: 'identity',
      attribute: 'mac',
      type: '$eq',
      value: other.identity.mac as string,
    }),
    nobody_filter_id: await saveFilter(api, inventoryTerm('foo', 'nobody has this')),
    deployments: { finished, running, phased, grouped: group_deployment, gated },
    /** IDs of its phases: the first waits for an approval, the second for the verdict of `grafana`. */
    phase_ids: gated_phases.map(({ id }: { id: string }) => id) as string[],
  }
}

/** Devices that speak DDI: one has installed an update and works on another, one is to cancel its update. */
async function makeDdi(server: TestServer, tenant: Tenant) {
  const authorization = await gatewayOf(tenant)
  for (const name of ['ddi-1', 'ddi-2']) await uploadFile(tenant, { name, types: ['board'] })
  const enrolment = { authorization, data: { device_type: 'board' } }
  const device = await enrolDdi(server, tenant, enrolment)
  const canceling = await enrolDdi(server, tenant, enrolment)
  const begin = async (one: typeof device, artifact_name: string) => {
    const id = await deploy(tenant.api, { name: artifact_name, artifact_name, devices: [one.id] })
    const { deploymentBase = '' } = await linksOf(one)
    return { id, href: deploymentBase }
  }
  const installed = await begin(device, 'ddi-1')
  await device.feedback(installed.href, 'closed', 'success')
  const active = await begin(device, 'ddi-2')
  const canceled = await begin(canceling, 'ddi-2')
  await abort(tenant.api, canceled.id)
  await writeAllAborts(server.env)
  await linksOf(canceling)
  return {
    ...{ authorization, id: device.id, controller_id: device.controller_id, canceling_id: canceling.controller_id },
    ...{ installed: actionOf(installed.href), active: actionOf(active.href), canceled: actionOf(canceled.href) },
  }
}

const CONTINUES = { ArtifactInstall_Enter: { action: 'continue' } }
const PAUSES = { ArtifactReboot_Enter: { action: 'pause' } }

const GATED = [
  { batch_size: 50, gate: { approval: 'required' } },
  { batch_size: 50, gate: { verdicts: ['grafana'] } },
  {},
]

/** Creates a user with these roles, and signs in. */
export async function signIn(
  { env, url }: Pick<TestServer, 'env' | 'url'>,
  { tenant_id }: Pick<Tenant, 'tenant_id'>,
  roles: string[],
) {
  const { token } = await insertSignedIn(env, tenant_id, { roles })
  return openApi(url, token)
}

async function makeRole({ api }: Tenant) {
  const name = 'keeper of the fleet'
  const permission_sets_with_scope = [{ name: 'ReadDevices', scope: { type: 'DeviceGroups', value: ['fleet'] } }]
  await api.post(ROLES, { name, description: 'looks after it', permission_sets_with_scope })
  return name
}

/** With an event that is to be sent there. Nothing is: the address is not public. */
async function makeIntegration({ env }: TestServer, { api, tenant_id }: Tenant) {
  const integration_id = await integrate(api, 'http://localhost:9/hook', '00ff')
  const data = { id: 'removed' }
  const at = env.now().toISOString()
  await announce(env.db, tenant_id, [{ subject: 'device:removed', type: 'device-decommissioned', at, data }])
  const { body } = await api.get('/api/management/v1/iot-manager/events')
  return { integration_id, event_id: body[0].id as string }
}

/** A sign-in provider, which is not asked: its address is not public. */
async function makeProvider({ api }: Tenant) {
  const provider = { name: 'Example', issuer: 'http://localhost:9', client_id: 'muster' }
  const { headers } = await api.post(`${USERADM}/sign_in_providers`, provider)
  return headers.get('location')?.split('/').at(-1) ?? ''
}

async function makeRecipe({ api }: Tenant) {
  const name = 'a few at a time'
  await api.put(`${RECIPES}/${encodeURIComponent(name)}`, { description: 'for the fleet', max_in_flight: 10 })
  return name
}
