import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { type SimulatedDevice, simulateDevice } from '../../src/simulate/simulated-device.ts'
import type { Api } from '../support/api.ts'
import { uploadTestArtifact } from '../support/artifact.ts'
import { setCheckIn } from '../support/check-in.ts'
import { cloneDatabase } from '../support/clone-database.ts'
import { deploy, inventoryTerm, poll, saveFilter, V1 } from '../support/deploy.ts'
import { enrol } from '../support/device.ts'
import { startServer, type TestServer, type TestTenant } from '../support/server.ts'

const INVENTORY = '/api/management/v1/inventory'
const DEVAUTH = '/api/management/v2/devauth/devices'

let database: Awaited<ReturnType<typeof cloneDatabase>>
/** The server that the device polls, and that caches it as idle. */
let polled: TestServer
/** The server on which everything is changed. */
let other: TestServer
let tenant: TestTenant
let device: SimulatedDevice
/** The same device, connected to the other server. */
let twin: SimulatedDevice
let api: Api

beforeAll(async () => {
  database = await cloneDatabase()
  polled = await startServer({ database_url: database.url })
  other = await startServer({ database_url: database.url })
})
afterAll(async () => {
  await polled[Symbol.asyncDispose]()
  await other[Symbol.asyncDispose]()
  await database.drop()
})
beforeEach(async () => {
  tenant = await other.tenant()
  api = tenant.api
  await uploadTestArtifact(api, { name: 'release-1' })
  const [enrolled] = await enrol(polled, tenant, 1, { place: 'shelf' })
  device = enrolled as SimulatedDevice
  twin = simulateDevice({ url: other.url, identity: device.identity })
  twin.token = device.token
})

const pollStatus = async () => (await poll(device)).status
/** Polls until the fast path responds. */
async function becomeIdle() {
  for (let i = 0; i < 3; i++) expect(await pollStatus()).toBe(204)
}
const deployTo = async (term: Parameters<typeof saveFilter>[1]) =>
  deploy(api, { filter_id: await saveFilter(api, term) })
const tag = (value: string) => api.put(`${INVENTORY}/devices/${device.id}/tags`, [{ name: 'ring', value }])
const tagged = (value: string) => ({ ...inventoryTerm('ring', value), scope: 'tags' })

describe('a device that was idle, at its very next poll to another process', () => {
  test('is offered a deployment that was created', async () => {
    await becomeIdle()
    await deploy(api, { devices: [device.id] })
    expect(await pollStatus()).toBe(200)
  })

  test('is offered a deployment that its new inventory matches', async () => {
    await deployTo(inventoryTerm('place', 'field'))
    await becomeIdle()
    await twin.sendInventory({ place: 'field' })
    expect(await pollStatus()).toBe(200)
  })

  test('is offered a deployment that its new tag matches, and no longer after the tag is removed', async () => {
    await deployTo(tagged('first'))
    await becomeIdle()
    await tag('second')
    expect(await pollStatus()).toBe(204)
    await tag('first')
    expect(await pollStatus()).toBe(200)
  })

  test('is offered a deployment that its new group matches', async () => {
    await deployTo({ ...inventoryTerm('group', 'field'), scope: 'system' })
    await becomeIdle()
    await api.put(`${INVENTORY}/devices/${device.id}/group`, { group: 'field' })
    expect(await pollStatus()).toBe(200)
  })

  test('is offered nothing once it is pinned, and what waits for it once it is not', async () => {
    const pin = `/api/management/v2/deployments/deployments/devices/${device.id}/pin`
    await becomeIdle()
    expect((await api.put(pin, { reason: 'on the stand' })).status).toBe(204)
    await deploy(api, { filter_id: await saveFilter(api, inventoryTerm('place', 'shelf')) })
    await becomeIdle()
    expect((await api.delete(pin)).status).toBe(204)
    expect(await pollStatus()).toBe(200)
  })

  test('is offered again a deployment that it finished, after its history is deleted', async () => {
    const id = await deploy(api, { filter_id: await saveFilter(api, inventoryTerm('place', 'shelf')) })
    expect(await pollStatus()).toBe(200)
    await device.report(id, 'success')
    await becomeIdle()
    expect(await api.delete(`${V1}/devices/${device.id}/history`)).toMatchObject({ status: 204 })
    expect(await pollStatus()).toBe(200)
  })

  test('is offered another deployment after the one whose next phase it waits for was aborted', async () => {
    const start_ts = new Date(polled.env.now().getTime() + 3_600_000).toISOString()
    const [first] = await enrol(other, tenant, 1, { place: 'shelf' })
    const filter_id = await saveFilter(api, inventoryTerm('place', 'shelf'))
    const phased = await deploy(api, { filter_id, phases: [{ batch_size: 50 }, { start_ts }] })
    const next = await deploy(api, { filter_id })
    expect((await poll(first as SimulatedDevice)).status).toBe(200)
    await becomeIdle()
    await api.put(`${V1}/${phased}/status`, { status: 'aborted' })
    expect(await poll(device)).toMatchObject({ status: 200, body: { id: next } })
  })

  test('is offered the deployment it waits for once the next phase opens, and is not assigned before', async () => {
    const start_ts = new Date(polled.env.now().getTime() + 20_000).toISOString()
    const [first] = await enrol(other, tenant, 1, { place: 'shelf' })
    const filter_id = await saveFilter(api, inventoryTerm('place', 'shelf'))
    const phased = await deploy(api, { filter_id, phases: [{ batch_size: 50 }, { start_ts }] })
    expect((await poll(first as SimulatedDevice)).status).toBe(200)
    await becomeIdle()
    polled.advance(20_000)
    expect(await poll(device)).toMatchObject({ status: 200, body: { id: phased } })
  })

  test('continues the deployment that it began through another process', async () => {
    await becomeIdle()
    await deploy(api, { devices: [device.id] })
    expect((await poll(twin)).status).toBe(200)
    expect(await pollStatus()).toBe(200)
  })

  test('is offered a deployment whose filter references its last check-in', async () => {
    const term = { ...inventoryTerm('check_in_time', '2000-01-01T00:00:00.000Z', '$gt'), scope: 'system' }
    const filter_id = await saveFilter(api, term)
    await setCheckIn(polled.env.db, device.id, null)
    await deploy(api, { filter_id })
    await becomeIdle()
    await polled.saveCheckIns()
    expect(await pollStatus()).toBe(200)
  })

  test('is rejected after its tokens were revoked, it was rejected, or it was removed', async () => {
    await becomeIdle()
    const { body } = await api.get(`${DEVAUTH}/${device.id}`)
    const set_id = body.auth_sets[0].id
    await api.delete(`/api/management/v2/devauth/tokens/${set_id}`)
    expect(await pollStatus()).toBe(401)
    await device.requestAuth()
    await becomeIdle()
    await api.put(`${DEVAUTH}/${device.id}/auth/${set_id}/status`, { status: 'rejected' })
    expect(await pollStatus()).toBe(401)
    await api.put(`${DEVAUTH}/${device.id}/auth/${set_id}/status`, { status: 'accepted' })
    await device.requestAuth()
    await becomeIdle()
    await api.delete(`${DEVAUTH}/${device.id}`)
    expect(await pollStatus()).toBe(401)
  })

  test('is rejected with a known inventory report too, and accepted again with a new token', async () => {
    const report = async () => (await device.sendInventory({ place: 'known' })).status
    for (let i = 0; i < 3; i++) expect(await report()).toBe(200)
    const { body } = await api.get(`${DEVAUTH}/${device.id}`)
    await api.delete(`/api/management/v2/devauth/tokens/${body.auth_sets[0].id}`)
    expect(await report()).toBe(401)
    await device.requestAuth()
    expect(await report()).toBe(200)
  })

  test('is rejected while its tenant is suspended', async () => {
    await becomeIdle()
    const setStatus = (status: string) =>
      other.env.db.query(sql`update tenants set status = ${status} where tenant_id = ${tenant.tenant_id}`)
    await setStatus('suspended')
    expect(await pollStatus()).toBe(401)
    await setStatus('active')
    expect(await pollStatus()).toBe(204)
  })
})

test('a process that has just started compares versions for the first devices only', async () => {
  await using server = await startServer({ environment: { MUSTER_METRICS_PORT: '0' } })
  const fresh = await server.tenant()
  const fleet = await enrol(server, fresh, 20)
  const before = await comparedBy(server)
  for (const one of fleet) expect((await poll(one)).status).toBe(204)
  for (const one of fleet) expect((await poll(one)).status).toBe(204)
  expect((await comparedBy(server)) - before).toBeLessThan(5)
})

/** The number of polls whose versions were compared, by all servers of this process. */
async function comparedBy({ metrics_url }: TestServer): Promise<number> {
  const metrics = await (await fetch(`${metrics_url}`)).text()
  return Number(/muster_batch_size_sum\{batch="poll_versions"\} (\d+)/.exec(metrics)?.[1] ?? 0)
}
