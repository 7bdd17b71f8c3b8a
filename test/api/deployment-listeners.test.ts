import { describe, expect, test } from 'vitest'
import { FULL_ROLE } from '../../src/auth/role.ts'
import { sql } from '../../src/db/sql.ts'
import { openApi } from '../support/api.ts'
import { abort, deploy, V1 } from '../support/deploy.ts'
import { deploymentIds, EVENTS, fleetOf, type Listening, listen, synced } from '../support/events.ts'
import { useServer } from '../support/fixtures.ts'
import { startServer, type TestTenant } from '../support/server.ts'
import { ROLES, signIn, USERADM } from '../support/world.ts'

const server = useServer()

const fleet = (n: number) => fleetOf(server, n)
const suspend = (tenant: TestTenant, status: string) =>
  server.env.db.query(sql`update tenants set status = ${status} where tenant_id = ${tenant.tenant_id}`)

describe('a subscriber', () => {
  const role = async (tenant: TestTenant, name: string, group: string) => {
    const permission_sets_with_scope = [{ name: 'ReadDevices', scope: { type: 'DeviceGroups', value: [group] } }]
    const response = await tenant.api.post(ROLES, { name, permission_sets_with_scope })
    expect(response.status).toBe(201)
    return name
  }
  const toGroup = async ({ api }: TestTenant, group: string) =>
    (await api.post(`${V1}/group/${group}`, { name: group, artifact_name: 'release-1' })).headers
      .get('location')
      ?.split('/')
      .at(-1) as string

  test('receives no events of another tenant', async () => {
    const { tenant, filter_id } = await fleet(1)
    const other = await server.tenant()
    await using theirs = await listen(other.api)
    await using mine = await listen(tenant.api)
    await Promise.all([synced(theirs), synced(mine)])
    const id = await deploy(tenant.api, { filter_id })
    await mine.until(() => mine.state(id))
    await abort(tenant.api, id)
    await mine.until(() => mine.state(id).status === 'finished')
    await synced(theirs, theirs.events.length)
    expect(deploymentIds(theirs)).toEqual([])
  })

  test('limited to a group receives only events of its deployments; a change of the role ends the stream', async () => {
    const { tenant, filter_id, devices } = await fleet(2)
    const [north, south] = devices.map(({ id }) => id)
    await tenant.api.patch('/api/management/v1/inventory/groups/north/devices', [north])
    await tenant.api.patch('/api/management/v1/inventory/groups/south/devices', [south])
    const known = [
      await toGroup(tenant, 'north'),
      await toGroup(tenant, 'south'),
      await deploy(tenant.api, { filter_id }),
    ]
    const name = await role(tenant, 'northerner', 'north')
    const api = await signIn(server, tenant, [name])
    await using limited = await listen(api)
    await using all = await listen(tenant.api)
    await Promise.all([synced(limited), synced(all)])
    expect(limited.events[0]).toEqual({ event: 'reset', data: { unfinished: 1 } })
    const fresh = [await toGroup(tenant, 'south'), await toGroup(tenant, 'north')]
    for (const id of known) await abort(tenant.api, id)
    await limited.until(() => limited.state(known[0]!)?.status === 'finished' && limited.state(fresh[1]!))
    await all.until(() => known.every((id) => all.state(id)?.status === 'finished'))
    expect(deploymentIds(limited).sort()).toEqual([known[0], fresh[1]].sort())
    const [{ id: user_id }] = (await tenant.api.get(`${USERADM}/users`)).body.filter(
      ({ roles }: { roles?: string[] }) => roles?.includes(name),
    )
    await tenant.api.put(`${USERADM}/users/${user_id}`, { roles: [await role(tenant, 'southerner', 'south')] })
    await limited.ended
    // Deployments that were out of reach before must not be treated as known.
    await using again = await listen(api, { last_id: limited.last_id() })
    await synced(again)
    expect(again.events[0]).toEqual({ event: 'reset', data: { unfinished: 1 } })
    expect(deploymentIds(again)).toEqual([fresh[0]])
  })

  test('is disconnected within seconds after a logout, a revoked token or a suspended tenant', async () => {
    const one = await server.tenant()
    const other = await server.tenant()
    const session = await signIn(server, one, [FULL_ROLE])
    const token = await one.api.post(`${USERADM}/settings/tokens`, { name: 'watcher' })
    await using bystander = await listen(one.api)
    const streams = await Promise.all([session, openApi(server.url, token.text), other.api].map((api) => listen(api)))
    await Promise.all([bystander, ...streams].map((events) => synced(events)))
    expect(await session.post(`${USERADM}/auth/logout`)).toMatchObject({ status: 202 })
    const { body: tokens } = await one.api.get(`${USERADM}/settings/tokens`)
    await one.api.delete(`${USERADM}/settings/tokens/${tokens[0].id}`)
    await suspend(other, 'suspended')
    expect(await Promise.all(streams.map((events) => events.ended))).toEqual([true, true, true])
    await synced(bystander, bystander.events.length)
    expect((await listen(session)).status).toBe(401)
  })

  test('may have 32 streams; another one is rejected with a message until one is closed', async () => {
    const { api } = await server.tenant()
    const streams = await Promise.all(Array.from({ length: 32 }, () => listen(api)))
    expect(streams.map(({ status }) => status)).toEqual(Array(32).fill(200))
    expect(await api.get(EVENTS)).toMatchObject({
      status: 429,
      body: { error: 'You have 32 event streams open: close some first.' },
    })
    const other = await server.tenant()
    expect(await other.api.get(EVENTS)).toMatchObject({ status: 200 })
    await streams[0]![Symbol.asyncDispose]()
    await expect.poll(async () => (await api.get(EVENTS)).status).toBe(200)
    for (const events of streams) await events[Symbol.asyncDispose]()
  })

  test('that is connected but does not read skips states, but never the last one', async () => {
    const { tenant, filter_id } = await fleet(1)
    const id = await deploy(tenant.api, { filter_id })
    await using reading = await listen(tenant.api)
    await using paused = await listen(tenant.api)
    await Promise.all([synced(reading), synced(paused)])
    paused.pause()
    const padding = 'x'.repeat(900_000)
    for (let priority = 1; priority <= 9; priority++) {
      await tenant.api.patch(`${V1}/${id}`, { update_control_map: { priority, padding } })
      await reading.until(() => reading.state(id).update_control_map?.priority === priority)
    }
    await abort(tenant.api, id)
    await reading.until(() => reading.state(id).status === 'finished')
    paused.resume()
    await paused.until(() => paused.state(id).status === 'finished')
    expect(paused.state(id).update_control_map.priority).toBe(9)
    const countStates = ({ events }: Listening) => events.filter(({ event }) => event === 'deployment').length
    expect(countStates(paused)).toBeLessThan(countStates(reading))
  })
})

test('stopping the server ends every stream, and cuts off none', async () => {
  const stopping = await startServer()
  const { api } = await stopping.tenant()
  const streams = await Promise.all([listen(api), listen(api)])
  await Promise.all(streams.map((events) => synced(events)))
  await stopping[Symbol.asyncDispose]()
  expect(await Promise.all(streams.map(({ ended }) => ended))).toEqual([true, true])
})
