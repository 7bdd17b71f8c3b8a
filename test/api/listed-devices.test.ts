import { afterEach, describe, expect, test } from 'vitest'
import type { SimulatedDevice } from '../../src/simulate/simulated-device.ts'
import { authOf, DEVAUTH } from '../support/auth.ts'
import { deploy, poll, pollInTurn, reportAll, show, statistics, V1, V2 } from '../support/deploy.ts'
import { makeFleet } from '../support/device.ts'
import { useServer } from '../support/fixtures.ts'
import { expectCountersToEqualRows } from '../support/recount.ts'
import type { TestTenant } from '../support/server.ts'

const server = useServer()
afterEach(() => expectCountersToEqualRows(server.env.db))

const fleet = (n: number) => makeFleet(server, n)

const decide = async (tenant: TestTenant, device_ids: string[], action: 'accept' | 'reject' | 'decommission') =>
  expect((await tenant.api.post(`${DEVAUTH}/devices/bulk`, { action, device_ids })).body.failed).toEqual([])

/** Authenticates again, since a rejected device loses its token. */
async function authenticateAgain(device: SimulatedDevice): Promise<SimulatedDevice> {
  expect((await device.requestAuth()).status).toBe(200)
  return device
}

const explained = async (tenant: TestTenant, id: string, device_id: string): Promise<string> =>
  (await tenant.api.get(`${V2}/${id}/devices/${device_id}/explain`)).body.code

/** Of the whole list, which is not stored for deployments to all devices or to a group. */
const listOf = async (tenant: TestTenant, id: string) => (await tenant.api.get(`${V1}/${id}/device_list`)).body.sort()
const moveTo = (tenant: TestTenant, id: string, group: string) =>
  tenant.api.put(`/api/management/v1/inventory/devices/${id}/group`, { group })

describe('a device listed by a deployment to all devices', () => {
  test('stays listed if it is rejected, accepted again, rejected and decommissioned', async () => {
    const { tenant, devices, ids } = await fleet(3)
    const before = await deploy(tenant.api, { all_devices: true })
    await decide(tenant, [ids[0]!], 'reject')
    const without = await deploy(tenant.api, { all_devices: true })
    await decide(tenant, [ids[0]!], 'accept')
    const again = await deploy(tenant.api, { all_devices: true })
    const [most, all] = [ids.slice(1).sort(), [...ids].sort()]
    expect(await Promise.all([before, without, again].map((id) => listOf(tenant, id)))).toEqual([all, most, all])
    expect(await show(tenant.api, without)).toMatchObject({ max_devices: 2, initial_device_count: 2 })

    const [first] = devices
    const offered = await poll(await authenticateAgain(first!))
    expect(offered.body).toMatchObject({ id: before })
    await decide(tenant, ids, 'decommission')
    expect(await Promise.all([before, without, again].map((id) => listOf(tenant, id)))).toEqual([all, most, all])
    expect(await Promise.all([before, without, again].map((id) => statistics(tenant.api, id)))).toEqual([
      { decommissioned: 3 },
      { decommissioned: 2 },
      { decommissioned: 3 },
    ])
    expect(await show(tenant.api, without)).toMatchObject({ status: 'finished' })
  })

  test('is offered the older of two deployments first, and never one created while it was rejected', async () => {
    const { tenant, devices, ids } = await fleet(2)
    const older = await deploy(tenant.api, { all_devices: true })
    await decide(tenant, [ids[0]!], 'reject')
    const between = await deploy(tenant.api, { all_devices: true })
    await decide(tenant, [ids[0]!], 'accept')
    const device = await authenticateAgain(devices[0]!)
    expect(await explained(tenant, between, ids[0]!)).toBe('not_listed')
    expect(await explained(tenant, older, ids[0]!)).toBe('waits_for_poll')
    expect((await poll(device)).body).toMatchObject({ id: older })
    await reportAll([device], older, 'success')
    expect(await pollInTurn([device, devices[1]!])).toEqual([204, 200])
    expect(await statistics(tenant.api, between)).toEqual({ pending: 1 })
  })

  test('is not one that is accepted, or accepted again, later', async () => {
    const { tenant, ids } = await fleet(1)
    const auth = authOf(server, tenant)
    const waiting = await auth.waiting()
    const id = await deploy(tenant.api, { all_devices: true })
    await decide(tenant, [waiting.id], 'accept')
    await decide(tenant, [waiting.id], 'reject')
    await decide(tenant, [waiting.id], 'accept')
    expect(await listOf(tenant, id)).toEqual(ids)
    await decide(tenant, [waiting.id], 'decommission')
    expect(await statistics(tenant.api, id)).toEqual({ pending: 1 })
  })

  test('stays the only one affected if its deployment is aborted', async () => {
    const { tenant, ids } = await fleet(2)
    const id = await deploy(tenant.api, { all_devices: true })
    expect(await tenant.api.delete(`${V1}/devices/${ids[0]}`)).toMatchObject({
      status: 204,
    })
    expect(await statistics(tenant.api, id)).toEqual({ pending: 1, aborted: 1 })
  })
})

describe('the devices of a deployment to a group', () => {
  test('are those in the group at its creation, even if they leave it, without those that join later', async () => {
    const { tenant, devices, ids } = await fleet(3)
    const [stays, leaves, comes] = ids as [string, string, string]
    for (const id of [stays, leaves]) await moveTo(tenant, id, 'lab')
    const body = { devices: [], group: 'lab', retries: 0, phases: [] }
    const first = await deploy(tenant.api, body, `${V1}/group/lab`)
    await moveTo(tenant, leaves, 'field')
    await moveTo(tenant, comes, 'lab')
    const second = await deploy(tenant.api, body, `${V1}/group/lab`)
    await moveTo(tenant, leaves, 'lab')
    expect(await listOf(tenant, first)).toEqual([stays, leaves].sort())
    expect(await listOf(tenant, second)).toEqual([stays, comes].sort())
    const offers = await Promise.all(devices.map(async (device) => (await poll(device)).body.id))
    expect(offers).toEqual([first, first, second])
    await reportAll(devices.slice(0, 2), first, 'success')
    expect(await pollInTurn(devices)).toEqual([200, 204, 200])
  })
})
