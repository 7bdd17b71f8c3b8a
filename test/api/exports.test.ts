import { beforeAll, expect, test } from 'vitest'
import { walkRows } from '../../src/db/locks/walk-rows.ts'
import { sql } from '../../src/db/sql.ts'
import type { SimulatedDevice } from '../../src/simulate/simulated-device.ts'
import { uploadTestArtifact } from '../support/artifact.ts'
import { authOf } from '../support/auth.ts'
import { deploy, poll, V2 } from '../support/deploy.ts'
import { enrol } from '../support/device.ts'
import { useServer, useTenant } from '../support/fixtures.ts'
import { CLIENT_SECRET } from '../support/openid-provider.ts'
import { integrate } from '../support/receiver.ts'
import { addProvider, PROVIDERS } from '../support/sign-in.ts'
import { addUser } from '../support/users.ts'
import { ROLES, USERADM } from '../support/world.ts'

const EXPORT = '/api/management/v2/inventory/devices/export'
const SEARCH = '/api/management/v2/inventory/filters/search'
const GROUPS = '/api/management/v2/inventory/groups'
const FILTERS = '/api/management/v2/inventory/filters'
const RELEASES = '/api/management/v2/deployments/releases/all/export'

const server = useServer()
const tenant = useTenant(server)
let devices: SimulatedDevice[]
beforeAll(async () => {
  devices = await enrol(server, tenant, 3, (i) => ({
    ...{ hostname: ['gw-b', '=1+1', 'gw-a'][i] ?? '', serial: `SN-000${i}`, size: i, region: i === 1 ? 'us' : 'eu' },
  }))
  const settings = { other: 1, id_attribute: { scope: 'inventory', attribute: 'hostname' } }
  expect((await tenant.api.post(`${USERADM}/settings`, settings)).status).toBe(201)
})

const table = async (path: string) => {
  const { status, headers, text } = await tenant.api.get(path)
  expect([status, headers.get('content-type')]).toEqual([200, 'text/csv; charset=utf-8; header=present'])
  const lines = text.split('\r\n')
  expect(lines.pop()).toBe('')
  return lines
}
const eu = JSON.stringify([{ scope: 'inventory', attribute: 'region', type: '$eq', value: 'eu' }])

test('devices are exported with their names and the chosen columns, filtered and in order', async () => {
  const columns = 'column=inventory/serial&column=size&column=tags/none'
  expect(await table(`${EXPORT}?filters=${encodeURIComponent(eu)}&sort=inventory/hostname&${columns}`)).toEqual([
    'name,id,inventory/serial,inventory/size,tags/none',
    `gw-a,${devices[2]?.id},SN-0002,2,`,
    `gw-b,${devices[0]?.id},SN-0000,0,`,
  ])
  expect(await table(`${EXPORT}?text=sn-0001&column=identity/mac`)).toEqual([
    'name,id,identity/mac',
    `'=1+1,${devices[1]?.id},${devices[1]?.identity.mac}`,
  ])
  expect((await table(EXPORT))[0]).toMatch(/^name,id,inventory\/device_type,.*,identity\/status,/)
})

test.each([
  ['filters=x', 'filters: must be a JSON array of filter terms'],
  ['filters={}', 'filters: must be a JSON array of filter terms'],
  ['filters=[{"scope":"x","attribute":"a","type":"$eq","value":1}]', 'scope'],
  ['filters=[null]', 'a term must be an object'],
  ['filters=[{"type":"$or","terms":[{"type":"$not"}]}]', '$not takes an array of terms'],
  ['filters=[{"scope":"tags","attribute":"a\\u0000","type":"$eq","value":1}]', 'NUL'],
  ['filters=[{"scope":"tags","attribute":"a","type":"$eq","value":"\\ud800"}]', 'surrogate'],
  ['filters=[{"scope":"tags","attribute":"a","type":"$gt","value":1e999}]', 'number'],
  ['sort=x/y', 'scope'],
  ['column=x/y', 'scope'],
])('an export of devices with %s is refused before anything is sent', async (query, sentence) => {
  const response = await tenant.api.get(`${EXPORT}?${query}`)
  expect(response).toMatchObject({ status: 400, body: { error: expect.stringContaining(sentence) } })
})

test('the present name of a device finds it alone, and part of a name all that have it', async () => {
  const found = async (text: string) =>
    (await tenant.api.post(SEARCH, { text })).body.map(({ id }: { id: string }) => id)
  expect(await found('gw-a')).toEqual([devices[2]?.id])
  expect((await found('gw-')).sort()).toEqual([devices[0]?.id, devices[2]?.id].sort())
  expect((await tenant.api.get(`${USERADM}/auth/session`)).body.device_naming).toEqual({
    ...{ scope: 'inventory', attribute: 'hostname' },
  })
})

test('deployments, their devices with the reasons of failures, and releases are exported', async () => {
  await uploadTestArtifact(tenant.api, { name: 'release-1', device_types: ['qemux86-64'] })
  const id = await deploy(tenant.api, { name: '-2+3', devices: devices.map((device) => device.id) })
  for (const device of devices.slice(0, 2)) await poll(device)
  await devices[0]?.sendLog(id, ['no space left on device'])
  await devices[0]?.report(id, 'failure')
  const [head = '', row = '', ...others] = await table(`${V2}/export?search=release-1`)
  expect(others).toEqual([])
  const cells = Object.fromEntries(head.split(',').map((name, at) => [name, row.split(',')[at]]))
  expect(cells).toMatchObject({ id, name: "'-2+3", artifact_name: 'release-1', failure: '1', status: 'inprogress' })
  expect(await table(`${V2}/export?state=finished`)).toEqual([head])
  const failed = await table(`${V2}/${id}/devices/export?status=failure`)
  expect(failed).toEqual([
    'name,id,status,substate,reason,device_type,attempts,created,started,finished,timed_out,confirmation',
    expect.stringContaining(`gw-b,${devices[0]?.id},failure,,no space left on device,`),
  ])
  expect(await table(`${V2}/${id}/devices/export`)).toHaveLength(3)
  expect((await tenant.api.get(`${V2}/${devices[0]?.id}/devices/export`)).status).toBe(404)
  expect(await table(`${RELEASES}?search=EASE-1`)).toEqual([
    'name,modified,artifacts_count,size,device_types,tags,notes',
    expect.stringMatching(/^release-1,\S+Z,1,\d+,qemux86-64,,$/),
  ])
})

test('three exports hold a connection at most, and one that is left gives it back, even before it began', async () => {
  const open = () => walkRows<{ n: number }>(server.env, sql`select n from generate_series(1, 625) as n`)
  const [unread, left, read] = [await open(), await open(), await open()]
  await expect(open()).rejects.toMatchObject({ code: 'too_many_searches' })
  await unread.return(undefined)
  for await (const rows of left) {
    expect(rows).toHaveLength(250)
    break
  }
  const sizes: number[] = []
  for await (const rows of read) sizes.push(rows.length)
  expect(sizes).toEqual([250, 250, 125])
  for (const walk of [await open(), await open(), await open()]) await walk.return(undefined)
})

test('groups are counted, and exported with their counts', async () => {
  for (const device of devices.slice(0, 2))
    await tenant.api.put(`/api/management/v1/inventory/devices/${device.id}/group`, { group: 'lab' })
  const { id } = await authOf(server, tenant).waiting()
  await tenant.api.put(`/api/management/v1/inventory/devices/${id}/group`, { group: 'cellar' })
  expect((await tenant.api.get(GROUPS)).body).toEqual([
    { name: 'cellar', device_count: 1, accepted_count: 0 },
    { name: 'lab', device_count: 2, accepted_count: 2 },
  ])
  const head = 'name,device_count,accepted_count'
  expect(await table(`${GROUPS}/export`)).toEqual([head, 'cellar,1,0', 'lab,2,2'])
  const scope = { type: 'DeviceGroups', value: ['cellar'] }
  await tenant.api.post(ROLES, { name: 'cellar', permission_sets_with_scope: [{ name: 'ReadDevices', scope }] })
  const { text } = await (await addUser(server, tenant, ['cellar'])).api.get(`${GROUPS}/export`)
  expect(text).toBe(`${head}\r\ncellar,1,0\r\n`)
})

test('saved filters are exported with their conditions, however many there are', async () => {
  const terms = JSON.parse(eu)
  const created = await tenant.api.post(FILTERS, { name: '=Europe, all', terms: [...terms, ...terms] })
  const id = created.headers.get('location')?.split('/')[1]
  const words = 'inventory/region is eu and inventory/region is eu'
  const json = JSON.stringify([...terms, ...terms]).replaceAll('"', '""')
  const [head, first] = [`name,id,conditions,terms`, `"'=Europe, all",${id},${words},"${json}"`]
  expect(await table(`${FILTERS}/export`)).toEqual([head, first])
  await server.env.db.query(sql`
    insert into filters (tenant_id, id, name, terms, created_ts)
    select ${tenant.tenant_id}, n, n, ${eu}::jsonb, now() + n * interval '1 s' from generate_series(1, 1001) n`)
  const all = await table(`${FILTERS}/export`)
  expect(all).toHaveLength(1 + 1 + 1001)
  expect([all[1], all.at(-1)]).toEqual([first, expect.stringMatching(/^1001,1001,inventory\/region is eu,/)])
  const { api } = await server.tenant('professional')
  expect((await api.get(`${FILTERS}/export`)).body).toMatchObject({ code: 'feature_not_in_plan' })
})

test('users are exported by those who may see them, and access tokens by their owners', async () => {
  const { id, api, email } = await addUser(server, tenant, ['RBAC_ROLE_CI'])
  const users = `${USERADM}/users/export`
  const [head, row, ...others] = await table(`${users}?email=${email}`)
  expect(others).toEqual([])
  expect(head).toBe('email,id,roles,tfa_status,created_ts,updated_ts,login_ts')
  expect(row).toMatch(new RegExp(`^${email},${id},RBAC_ROLE_CI,disabled,\\S+Z,\\S+Z,\\S+Z$`))
  expect((await table(users)).length).toBeGreaterThan(2)
  expect((await api.get(users)).body).toMatchObject({ code: 'permission_denied' })
  expect((await api.post(`${USERADM}/settings/tokens`, { name: '-nightly', expires_in: 60 })).status).toBe(200)
  const tokens = `${USERADM}/settings/tokens/export`
  expect((await api.get(tokens)).text).toMatch(
    /^name,id,created_ts,last_used,expiration_date\r\n'-nightly,[\w-]+,\S+Z,,\S+Z\r\n$/,
  )
  expect(await table(tokens)).toHaveLength(1)
})

test('roles, recipes and gateway tokens are exported, without the tokens', async () => {
  const scope = { type: 'DeviceGroups', value: ['lab', 'yard'] }
  const sets = [{ name: 'DeployToDevices', scope }, { name: 'ReadUsers' }]
  await tenant.api.post(ROLES, { name: 'the crew', description: '=1', permission_sets_with_scope: sets })
  const roles = await table(`${ROLES}/all/export`)
  expect([roles[0], roles[1]]).toEqual([
    'name,description,permission_sets',
    'RBAC_ROLE_PERMIT_ALL,Everything,SuperUser',
  ])
  expect(roles).toContain(`the crew,'=1,"DeployToDevices: lab, yard; ReadUsers"`)
  expect((await tenant.api.get(`${ROLES}/the%20crew`)).status).toBe(200)
  const { api } = await server.tenant('professional')
  expect((await api.get(`${ROLES}/all/export`)).body).toMatchObject({ code: 'feature_not_in_plan' })

  const RECIPES = '/api/management/v2/deployments/recipes'
  await tenant.api.put(`${RECIPES}/slow`, { description: 'For the lab', max_in_flight: 2 })
  const recipes = await table(`${RECIPES}/all/export`)
  expect(recipes[0]).toBe('name,description,predefined,rules')
  expect(recipes.at(-1)).toBe('slow,For the lab,false,"{""max_in_flight"":2}"')
  expect(recipes).toHaveLength(1 + (await tenant.api.get(RECIPES)).body.length)

  const TOKENS = '/api/management/v2/ddi/gateway_tokens'
  const { token, id } = (await tenant.api.post(TOKENS, { name: 'line 2' })).body
  const tokens = await table(`${TOKENS}/export`)
  expect(tokens).toEqual(['name,id,created_ts', expect.stringMatching(new RegExp(`^line 2,${id},\\S+Z$`))])
  expect(tokens.join()).not.toContain(token)
})

test('sign-in providers are exported without their secrets, also one with the ID all', async () => {
  const own = await server.tenant()
  const role_mappings = [{ value: 'fleet-operators', roles: ['RBAC_ROLE_CI', 'RBAC_ROLE_OBSERVER'] }]
  const all = await addProvider(own, 'http://localhost:9', { id: 'all', roles_claim: 'groups', role_mappings })
  const path = `${PROVIDERS}/all/export`
  const { text } = await own.api.get(path)
  expect(text.split('\r\n')).toEqual([
    'name,id,issuer,client_id,enabled,create_users,link_users,roles_claim,role_mappings,default_roles,created_ts,updated_ts',
    expect.stringMatching(/^Company,all,/),
    '',
  ])
  expect(text).not.toContain(CLIENT_SECRET)
  expect(text).toContain('"fleet-operators: RBAC_ROLE_CI, RBAC_ROLE_OBSERVER"')
  expect((await own.api.get(`${PROVIDERS}/${all}`)).status).toBe(200)
  const observer = await addUser(server, own, ['RBAC_ROLE_OBSERVER'])
  expect((await observer.api.get(path)).status).toBe(403)
})

test('webhooks are exported without their secrets, and their deliveries by state', async () => {
  const own = await server.tenant()
  const id = await integrate(own.api, 'https://example.com/hook', '00ff')
  const integrations = '/api/management/v2/iot-manager/integrations'
  const { text } = await own.api.get(`${integrations}/export`)
  expect(text).toBe(
    'description,id,provider,url,is_signed,format,events\r\n' +
      `,${id},webhook,https://example.com/hook,true,json,\r\n`,
  )
  const events = ['device-status-changed', 'deployment-finished']
  await own.api.post(integrations.replace('v2', 'v1'), {
    ...{
      provider: 'webhook',
      format: 'slack',
      events,
      credentials: { type: 'http', http: { url: 'https://example.com/chat' } },
    },
  })
  expect((await own.api.get(`${integrations}/export`)).text).toMatch(/,false,slack,"[a-z-]+, [a-z-]+"\r\n$/)
  expect((await tenant.api.get(`${integrations}/export`)).text.trim().split('\r\n')).toHaveLength(1)
  const observer = await addUser(server, own, ['RBAC_ROLE_OBSERVER'])
  expect((await observer.api.get(`${integrations}/export`)).status).toBe(403)

  await server.env.db.query(sql`
    with event as (
      insert into webhook_events (tenant_id, subject, time, id, type, data)
      select ${own.tenant_id}, 'device:x', now() + n * interval '1 ms', 'event ' || n, 'device-status-changed', '{"id": "x"}'
      from generate_series(1, 2500) n returning tenant_id, subject, time
    )
    insert into webhook_deliveries (tenant_id, integration_id, subject, time, state, attempts)
    select tenant_id, ${id}, subject, time, 'delivered', 1 from event`)
  const deliveries = `${integrations}/${id}/deliveries/export`
  const lines = (await own.api.get(deliveries)).text.trim().split('\r\n')
  expect(lines).toHaveLength(1 + 2500)
  expect(lines[0]).toBe(
    'event_id,type,time,state,attempts,last_attempt,next_attempt,status_code,error,response,took_ms,data',
  )
  expect(lines[1]).toMatch(/^event 2500,device-status-changed,\S+Z,delivered,1,,,,,,,"\{""id"":""x""\}"$/)
  expect((await own.api.get(`${deliveries}?state=pending`)).text.trim().split('\r\n')).toHaveLength(1)
  expect((await own.api.get(`${deliveries}?state=lost`)).status).toBe(400)
  expect((await tenant.api.get(deliveries)).status).toBe(404)
})

test('the deployments of a device are exported, newest first', async () => {
  const [device] = await enrol(server, tenant, 1, { device_type: 'qemux86-64', artifact_name: 'factory' })
  await uploadTestArtifact(tenant.api, { name: 'release-3', device_types: ['qemux86-64'] })
  const ids = []
  for (const name of ['first, of all', 'second']) {
    const id = await deploy(tenant.api, { name, artifact_name: 'release-3', devices: [device!.id] })
    await poll(device!)
    await device!.report(id, name === 'second' ? 'installing' : 'failure', 'halfway')
    ids.unshift(id)
  }
  const history = await table(`${V2}/devices/${device!.id}/history/export`)
  expect(history).toEqual([
    'name,id,artifact_name,status,substate,attempts,created,started,finished',
    expect.stringMatching(new RegExp(`^second,${ids[0]},release-3,installing,halfway,1,\\S+Z,\\S+Z,$`)),
    expect.stringMatching(new RegExp(`^"first, of all",${ids[1]},release-3,failure,halfway,1,\\S+Z,\\S+Z,\\S+Z$`)),
  ])
  expect(await table(`${V2}/devices/nobody/history/export`)).toHaveLength(1)
})
