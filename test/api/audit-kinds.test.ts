import { beforeAll, expect, test } from 'vitest'
import { FULL_ROLE } from '../../src/auth/role.ts'
import { changeTenant } from '../../src/auth/tenants/change-tenant.ts'
import { sql } from '../../src/db/sql.ts'
import { OBJECT_TYPES } from '../../src/events/event.ts'
import type { Api, ApiResponse } from '../support/api.ts'
import { ARTIFACTS, uploadTestArtifact } from '../support/artifact.ts'
import { authOf, DEVAUTH } from '../support/auth.ts'
import { abort, V1, V2 } from '../support/deploy.ts'
import { enrol } from '../support/device.ts'
import { useServer } from '../support/fixtures.ts'
import { bodyIn, isChange, isOwn, pathIn, type Route, readRoutes } from '../support/routes.ts'
import type { TestTenant } from '../support/server.ts'
import { addUser, eventsOf, USERADM } from '../support/users.ts'
import { makeWorld, type World } from '../support/world.ts'

const LOGS = '/api/management/v1/auditlogs/logs'
const INVENTORY = '/api/management/v1/inventory'
const M = '/api/management'

const server = useServer()
let routes: Route[]
beforeAll(async () => {
  routes = (await readRoutes((await server.tenant()).api)).filter(
    (route) => route.caller === 'user' && (isChange(route) || isOwn(route)),
  )
})

/** Requests that add no event to the audit log, and why. */
const SILENT: Readonly<Record<string, string>> = {
  [`POST ${USERADM}/auth/logout`]: 'Mender records no logins: they are in the request log',
  [`DELETE ${USERADM}/auth/session`]: 'Mender records no logins: they are in the request log',
  [`POST ${USERADM}/settings/me`]: 'settings of a user concern nobody else, and browsers write them automatically',
}

/** Requests that add several events, and why. */
const SEVERAL: Readonly<Record<string, [events: number, reason: string]>> = {
  [`POST ${V2}/{id}/rollback`]: [2, 'one for each deployment: the one that is rolled back, and the new one'],
}

/** Where the example of the document is not enough: other bodies, and preparations. */
const PREPARED: Readonly<Record<string, (world: World) => Promise<unknown>>> = {
  [`POST ${USERADM}/users/{id}/2fa/enable`]: ({ tenant }) => tenant.api.post(`${USERADM}/users/me/2fa/disable`),
  [`PATCH ${INVENTORY}/groups/{name}/devices`]: ({ tenant, device }) =>
    tenant.api.delete(`${INVENTORY}/devices/${device.id}/group/fleet`),
  [`PUT ${INVENTORY}/devices/{id}/group`]: ({ tenant, device }) =>
    tenant.api.delete(`${INVENTORY}/devices/${device.id}/group/fleet`),
  [`DELETE ${M}/v1/deployments/deployments/devices/{device}/history`]: async ({ tenant, device, deployments }) => {
    await abort(tenant.api, deployments.running)
    await server.env.db.query(sql`
      update device_deployments set finished = now(), status = 'aborted'
      where tenant_id = ${tenant.tenant_id} and device_id = ${device.id} and finished is null`)
  },
  [`POST ${V2}/{id}/devices/{device}/continue`]: ({ device, deployments }) =>
    device.report(deployments.running, 'pause_before_rebooting'),
  [`POST ${V2}/{id}/continue`]: ({ tenant, deployments }) =>
    tenant.api.patch(`${V1}/${deployments.running}`, {
      update_control_map: { states: { ArtifactReboot_Enter: { action: 'pause' } } },
    }),
  // The last administrator cannot be deleted.
  [`DELETE ${USERADM}/users/{id}`]: ({ tenant }) => addUser(server, tenant, [FULL_ROLE]),
  [`POST ${V2}/{id}/resume`]: ({ tenant, deployments }) => tenant.api.post(`${V2}/${deployments.running}/pause`),
}

const CALLS: Readonly<Record<string, (world: World) => Promise<ApiResponse>>> = {
  [`POST ${ARTIFACTS}`]: async ({ tenant: { api } }) => {
    await uploadTestArtifact(api, { name: 'another' })
    return api.get(ARTIFACTS)
  },
  [`POST ${ARTIFACTS}/generate`]: ({ tenant: { api } }) => {
    const form = new FormData()
    const args = JSON.stringify({ dest_dir: '/etc', filename: 'motd' })
    const fields = { name: 'made', device_types_compatible: 'a', type: 'single_file', args }
    for (const [field, value] of Object.entries(fields)) form.set(field, value)
    form.set('file', new Blob(['hello']), 'motd')
    return api.post(`${ARTIFACTS}/generate`, form)
  },
  [`POST ${DEVAUTH}/devices/bulk`]: ({ tenant: { api }, pending }) =>
    api.post(`${DEVAUTH}/devices/bulk`, { action: 'accept', device_ids: [pending.id] }),
  [`DELETE ${M}/v2/deployments/deployments/releases`]: ({ tenant: { api } }) =>
    api.delete(`${M}/v2/deployments/deployments/releases?name=release-2`),
  [`PUT ${USERADM}/users/{id}`]: ({ tenant: { api, password } }) =>
    api.put(`${USERADM}/users/me`, { password: 'another password', current_password: password }),
  [`PUT ${USERADM}/sign_in_settings`]: ({ tenant: { api }, user_id }) =>
    api.put(`${USERADM}/sign_in_settings`, { password_sign_in: 'one_user', password_user_id: user_id }),
  [`POST ${M}/v1/deployments/deployments`]: ({ tenant: { api }, other }) =>
    api.post(`${M}/v1/deployments/deployments`, { name: 'n', artifact_name: 'release-1', devices: [other.id] }),
}

/** Only adds something: the next request finds the existing data unchanged. */
const isHarmless = ({ method, name }: Route) =>
  ['POST', 'PATCH'].includes(method) && !PREPARED[name] && !/\/(logout|open|rollback)$/.test(name)

/** Tested in two-factor.test.ts, which generates codes. */
const ELSEWHERE = [`PUT ${USERADM}/2faverify`]

const call = (world: World, route: Route): Promise<ApiResponse> => {
  const own = CALLS[route.name]
  if (own) return own(world)
  const api: Api = world.tenant.api
  return api[route.method.toLowerCase() as 'post'](pathIn(world, route), bodyIn(world, route))
}

test('every request that changes something adds exactly one audit event, or is listed with the reason', async () => {
  const lines: [string, number, number][] = []
  const shared = await makeWorld(server)
  for (const route of routes.filter(({ name }) => !ELSEWHERE.includes(name))) {
    const world = isHarmless(route) ? shared : await makeWorld(server)
    await PREPARED[route.name]?.(world)
    const before = (await eventsOf(server, world.tenant)).length
    const { status } = await call(world, route)
    const added = (await eventsOf(server, world.tenant)).slice(before).filter(({ actor }) => !isSystem(actor))
    lines.push([route.name, Math.floor(status / 100), added.length])
    for (const { object } of added) {
      const { id, type } = object as { id: string; type: string }
      expect([route.name, id]).toEqual([route.name, expect.stringMatching(/./)])
      expect([route.name, OBJECT_TYPES]).toEqual([route.name, expect.arrayContaining([type])])
    }
  }
  expect(lines).toEqual(lines.map(([name]) => [name, 2, SILENT[name] ? 0 : (SEVERAL[name]?.[0] ?? 1)]))
  const known = routes.map(({ name }) => name)
  for (const name of [
    ...Object.keys(SILENT),
    ...Object.keys(SEVERAL),
    ...Object.keys(CALLS),
    ...Object.keys(PREPARED),
    ...ELSEWHERE,
  ])
    expect(known).toContain(name)
})

/** What follows from a request by itself, such as the opening of a phase. */
const isSystem = (actor: object) => 'type' in actor && actor.type === 'system'

const listEvents = async ({ api }: TestTenant, query: string) => (await api.get(`${LOGS}?${query}`)).body

test('a change of several devices is one event with their number and ids, found by each id', async () => {
  const tenant = await server.tenant()
  const auth = authOf(server, tenant)
  const waiting = [await auth.waiting(), await auth.waiting(), await auth.waiting()]
  const ids = waiting.map(({ id }) => id)
  const device_ids = [...ids, 'nobody']
  expect((await tenant.api.post(`${DEVAUTH}/devices/bulk`, { action: 'accept', device_ids })).body.changed).toBe(3)
  const [line, ...more] = await listEvents(tenant, 'action=accept')
  expect([line, more]).toMatchObject([{ object: { type: 'devices', devices: { count: 3, ids } } }, []])
  for (const id of ids) expect(await listEvents(tenant, `object_id=${id}`)).toEqual([line])
  expect(await listEvents(tenant, 'object_id=nobody')).toEqual([])
  // Nothing is left to change: no event.
  await tenant.api.post(`${DEVAUTH}/devices/bulk`, { action: 'accept', device_ids })
  expect(await listEvents(tenant, 'action=accept')).toEqual([line])
  await tenant.api.post(`${DEVAUTH}/devices/bulk`, { action: 'decommission', device_ids: ids.slice(0, 1) })
  expect(await listEvents(tenant, 'action=decommission')).toMatchObject([{ object: { id: ids[0], type: 'device' } }])
  expect((await tenant.api.get(`${LOGS}/export?action=accept`)).text).toContain('""count"":3')
})

test('a change of a group is one event, which lists the devices', async () => {
  const tenant = await server.tenant()
  const devices = (await enrol(server, tenant, 3)).map(({ id }) => id)
  await tenant.api.patch(`${INVENTORY}/groups/lab/devices`, devices)
  await tenant.api.patch(`${INVENTORY}/groups/lab/devices`, devices)
  await tenant.api.delete(`${INVENTORY}/groups/lab`)
  const lines = await listEvents(tenant, 'object_type=group&sort=asc')
  expect(lines).toMatchObject([
    {
      action: 'update',
      change: 'Devices put into the group: 3',
      object: { id: 'lab', group: { devices: { count: 3 } } },
    },
    { action: 'update', change: 'Devices taken out of the group: 3', object: { id: 'lab' } },
  ])
  expect(await listEvents(tenant, `object_id=${devices[1]}&object_type=group&sort=asc`)).toEqual(lines)
})

test('changes that the operator makes to a tenant are in its audit log', async () => {
  const tenant = await server.tenant()
  const { tenant_id } = tenant
  await changeTenant(server.env, { tenant_id, max_devices: 7 })
  await changeTenant(server.env, { tenant_id, plan: 'enterprise' })
  await changeTenant(server.env, { tenant_id, status: 'suspended' })
  await changeTenant(server.env, { tenant_id, status: 'active' })
  const actor = { id: 'operator', email: 'operator' }
  const object = { id: tenant_id, type: 'tenant', tenant: { name: 'test' } }
  expect(await listEvents(tenant, 'object_type=tenant&sort=asc')).toMatchObject([
    { actor, action: 'update', object, change: '-max_devices: -1\n+max_devices: 7' },
    { actor, action: 'update', object, change: '-status: "active"\n+status: "suspended"' },
    { actor, action: 'update', object, change: '-status: "suspended"\n+status: "active"' },
  ])
})

test('the identity of a device is logged with its members sorted', async () => {
  const tenant = await server.tenant()
  const auth = authOf(server, tenant)
  const { id, set_id } = await auth.waiting(undefined, { serial: 'x', mac: 'y', a_long_name: 'z' })
  await auth.setStatus(id, set_id, 'accepted')
  expect(await listEvents(tenant, `object_id=${id}`)).toMatchObject([
    { object: { device: { identity_data: '{"a_long_name":"z","mac":"y","serial":"x"}' } } },
  ])
})
