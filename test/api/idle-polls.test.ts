import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { type SimulatedDevice, simulateDevice } from '../../src/simulate/simulated-device.ts'
import type { Api } from '../support/api.ts'
import { uploadTestArtifact } from '../support/artifact.ts'
import { cloneDatabase } from '../support/clone-database.ts'
import { ask, deploy, inventoryTerm, saveFilter, V1 } from '../support/deploy.ts'
import { enrol } from '../support/device.ts'
import { startServer, type TestServer, type TestTenant } from '../support/server.ts'

const INVENTORY = '/api/management/v1/inventory'
const DEVAUTH = '/api/management/v2/devauth/devices'

let database: Awaited<ReturnType<typeof cloneDatabase>>
/** The one that the device asks, and that remembers it as idle. */
let asked: TestServer
/** The one where everything is changed. */
let other: TestServer
let tenant: TestTenant
let device: SimulatedDevice
/** The same device, as it talks to the other server. */
let twin: SimulatedDevice
let api: Api

beforeAll(async () => {
  database = await cloneDatabase()
  asked = await startServer({ database_url: database.url })
  other = await startServer({ database_url: database.url })
})
afterAll(async () => {
  await asked[Symbol.asyncDispose]()
  await other[Symbol.asyncDispose]()
  await database.drop()
})
beforeEach(async () => {
  tenant = await other.tenant()
  api = tenant.api
  await uploadTestArtifact(api, { name: 'release-1' })
  const [enrolled] = await enrol(asked, tenant, 1, { place: 'shelf' })
  device = enrolled as SimulatedDevice
  twin = simulateDevice({ url: other.url, identity: device.identity })
  twin.token = device.token
})

const poll = async () => (await ask(device)).status
/** Asks until the answer comes from memory. */
async function becomeIdle() {
  for (let i = 0; i < 3; i++) expect(await poll()).toBe(204)
}
const deployTo = async (term: Parameters<typeof saveFilter>[1]) =>
  deploy(api, { filter_id: await saveFilter(api, term) })
const tag = (value: string) => api.put(`${INVENTORY}/devices/${device.id}/tags`, [{ name: 'ring', value }])
const tagged = (value: string) => ({ ...inventoryTerm('ring', value), scope: 'tags' })

describe('a device that was idle, at its very next poll to another process', () => {
  test('is offered a deployment that was created', async () => {
    await becomeIdle()
    await deploy(api, { devices: [device.id] })
    expect(await poll()).toBe(200)
  })

  test('is offered what its new inventory matches', async () => {
    await deployTo(inventoryTerm('place', 'field'))
    await becomeIdle()
    await twin.sendInventory({ place: 'field' })
    expect(await poll()).toBe(200)
  })

  test('is offered what its new tag matches, and nothing any more once the tag is gone', async () => {
    await deployTo(tagged('first'))
    await becomeIdle()
    await tag('second')
    expect(await poll()).toBe(204)
    await tag('first')
    expect(await poll()).toBe(200)
  })

  test('is offered what its new group matches', async () => {
    await deployTo({ ...inventoryTerm('group', 'field'), scope: 'system' })
    await becomeIdle()
    await api.put(`${INVENTORY}/devices/${device.id}/group`, { group: 'field' })
    expect(await poll()).toBe(200)
  })

  test('is offered again what it finished, once its history is forgotten', async () => {
    const id = await deploy(api, { filter_id: await saveFilter(api, inventoryTerm('place', 'shelf')) })
    expect(await poll()).toBe(200)
    await device.report(id, 'success')
    await becomeIdle()
    expect(await api.delete(`${V1}/devices/${device.id}/history`)).toMatchObject({ status: 204 })
    expect(await poll()).toBe(200)
  })

  test('is offered another deployment once the one whose full phase it waits for was aborted', async () => {
    const start_ts = new Date(asked.env.now().getTime() + 3_600_000).toISOString()
    const [first] = await enrol(other, tenant, 1, { place: 'shelf' })
    const filter_id = await saveFilter(api, inventoryTerm('place', 'shelf'))
    const phased = await deploy(api, { filter_id, phases: [{ batch_size: 50 }, { start_ts }] })
    const next = await deploy(api, { filter_id })
    expect((await ask(first as SimulatedDevice)).status).toBe(200)
    await becomeIdle()
    await api.put(`${V1}/${phased}/status`, { status: 'aborted' })
    expect(await ask(device)).toMatchObject({ status: 200, body: { id: next } })
  })

  test('is offered what it waits for as soon as the next phase opens, and takes no place before', async () => {
    const start_ts = new Date(asked.env.now().getTime() + 20_000).toISOString()
    const [first] = await enrol(other, tenant, 1, { place: 'shelf' })
    const filter_id = await saveFilter(api, inventoryTerm('place', 'shelf'))
    const phased = await deploy(api, { filter_id, phases: [{ batch_size: 50 }, { start_ts }] })
    expect((await ask(first as SimulatedDevice)).status).toBe(200)
    await becomeIdle()
    asked.advance(20_000)
    expect(await ask(device)).toMatchObject({ status: 200, body: { id: phased } })
  })

  test('goes on with the deployment that it began elsewhere', async () => {
    await becomeIdle()
    await deploy(api, { devices: [device.id] })
    expect((await ask(twin)).status).toBe(200)
    expect(await poll()).toBe(200)
  })

  test('is offered what looks at when it was last seen', async () => {
    const term = { ...inventoryTerm('check_in_time', '2000-01-01T00:00:00.000Z', '$gt'), scope: 'system' }
    const filter_id = await saveFilter(api, term)
    await asked.env.db.query(sql`
      update devices set check_in_time = null where id = ${device.id}`)
    await deploy(api, { filter_id })
    await becomeIdle()
    await asked.saveCheckIns()
    expect(await poll()).toBe(200)
  })

  test('is refused once its tokens were ended, it was rejected, or it is gone', async () => {
    await becomeIdle()
    const { body } = await api.get(`${DEVAUTH}/${device.id}`)
    const set_id = body.auth_sets[0].id
    await api.delete(`/api/management/v2/devauth/tokens/${set_id}`)
    expect(await poll()).toBe(401)
    await device.requestAuth()
    await becomeIdle()
    await api.put(`${DEVAUTH}/${device.id}/auth/${set_id}/status`, { status: 'rejected' })
    expect(await poll()).toBe(401)
    await api.put(`${DEVAUTH}/${device.id}/auth/${set_id}/status`, { status: 'accepted' })
    await device.requestAuth()
    await becomeIdle()
    await api.delete(`${DEVAUTH}/${device.id}`)
    expect(await poll()).toBe(401)
  })

  test('is refused with inventory that is known, too, and heard again with a new token', async () => {
    const report = async () => (await device.sendInventory({ place: 'known' })).status
    for (let i = 0; i < 3; i++) expect(await report()).toBe(200)
    const { body } = await api.get(`${DEVAUTH}/${device.id}`)
    await api.delete(`/api/management/v2/devauth/tokens/${body.auth_sets[0].id}`)
    expect(await report()).toBe(401)
    await device.requestAuth()
    expect(await report()).toBe(200)
  })

  test('is refused while its tenant is suspended', async () => {
    await becomeIdle()
    const setStatus = (status: string) =>
      other.env.db.query(sql`update tenants set status = ${status} where tenant_id = ${tenant.tenant_id}`)
    await setStatus('suspended')
    expect(await poll()).toBe(401)
    await setStatus('active')
    expect(await poll()).toBe(204)
  })
})
