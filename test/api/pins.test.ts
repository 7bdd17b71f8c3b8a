import { beforeEach, describe, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { removeEndedPins } from '../../src/deployments/upkeep/remove-ended-pins.ts'
import type { SimulatedDevice } from '../../src/simulate/simulated-device.ts'
import { openApi } from '../support/api.ts'
import { uploadTestArtifact } from '../support/artifact.ts'
import { DEVAUTH } from '../support/auth.ts'
import { enrolDdi, gatewayOf, linksOf, uploadFile } from '../support/ddi.ts'
import { abort, deploy, inventoryTerm, pollInTurn, saveFilter, show, V2 } from '../support/deploy.ts'
import { enrol } from '../support/device.ts'
import { useServer } from '../support/fixtures.ts'
import type { TestTenant } from '../support/server.ts'

const server = useServer()
let tenant: TestTenant
let devices: SimulatedDevice[]
let filter_id: string

const HOUR = 3_600_000
const MINUTE = 60_000
const pinPath = ({ id }: { id: string }) => `${V2}/devices/${id}/pin`
const pin = async (device: { id: string }, body: object = {}) =>
  expect(await tenant.api.put(pinPath(device), { reason: 'on the stand', ...body })).toMatchObject({ status: 204 })
const unpin = async (device: { id: string }) =>
  expect(await tenant.api.delete(pinPath(device))).toMatchObject({ status: 204 })
const inHours = (hours: number) => new Date(server.env.now().getTime() + hours * HOUR).toISOString()
const explain = async (id: string, device: { id: string }) =>
  (await tenant.api.get(`${V2}/${id}/devices/${device.id}/explain`)).body
const preview = async (body: object) =>
  (await tenant.api.post(`${V2}/preview`, { name: 'n', artifact_name: 'release-1', ...body })).body
const pinnedOf = async (id: string) => {
  const { body, headers } = await tenant.api.get(`${V2}/${id}/pinned`)
  expect(headers.get('x-total-count')).toBe(String(body.length))
  return body.map(({ device_id }: { device_id: string }) => device_id)
}
const some = (n: number) => devices.slice(0, n) as [SimulatedDevice, SimulatedDevice, SimulatedDevice]

beforeEach(async () => {
  tenant = await server.tenant()
  await uploadTestArtifact(tenant.api, { name: 'release-1' })
  filter_id = await saveFilter(tenant.api, inventoryTerm('foo', 'foo'))
  devices = await enrol(server, tenant, 4, { foo: 'foo', device_type: 'qemux86-64' })
})

describe('a pinned device', () => {
  test('is offered nothing until a user removes the pin, also by a deployment that is forced', async () => {
    const [first] = some(1)
    await pin(first)
    const id = await deploy(tenant.api, { filter_id, force_installation: true })
    expect(await pollInTurn([first, first, first])).toEqual([204, 204, 204])
    const by = { id: expect.any(String), email: tenant.email }
    const stored = { device_id: first.id, reason: 'on the stand', by, since: expect.stringMatching(/Z$/) }
    const message = `The device is pinned by ${tenant.email}: it is never updated (on the stand).`
    expect(await explain(id, first)).toEqual({ code: 'pinned', message, pin: stored })
    expect((await tenant.api.get(pinPath(first))).body).toEqual(stored)
    expect(await pinnedOf(id)).toEqual([first.id])
    await unpin(first)
    expect(await explain(id, first)).toMatchObject({ code: 'waits_for_poll' })
    expect(await tenant.api.get(pinPath(first))).toMatchObject({ status: 404, body: { code: 'device_not_pinned' } })
    expect(await pinnedOf(id)).toEqual([])
    expect(await pollInTurn([first])).toEqual([200])
  })

  test('is offered what waits for it once the time of the pin has come, without a write', async () => {
    const [first] = some(1)
    const not_before = inHours(1)
    await pin(first, { not_before })
    const id = await deploy(tenant.api, { devices: [first.id] })
    expect(await pollInTurn([first, first])).toEqual([204, 204])
    expect(await explain(id, first)).toMatchObject({ code: 'pinned', until: not_before, pin: { not_before } })
    server.advance(HOUR - MINUTE)
    expect(await pollInTurn([first])).toEqual([204])
    server.advance(MINUTE)
    expect(await explain(id, first)).toMatchObject({ code: 'waits_for_poll' })
    expect(await pollInTurn([first])).toEqual([200])
  })

  test('goes on with what it has been offered, and waits for another attempt', async () => {
    const [first] = some(1)
    const id = await deploy(tenant.api, { filter_id, retries: 1 })
    expect(await pollInTurn([first])).toEqual([200])
    await pin(first)
    expect(await pollInTurn([first])).toEqual([200])
    await first.report(id, 'downloading')
    expect(await pinnedOf(id)).toEqual([])
    await first.report(id, 'failure')
    expect(await pollInTurn([first, first])).toEqual([204, 204])
    expect((await explain(id, first)).message).toContain('waits for its next attempt: the device is pinned by')
    expect(await pinnedOf(id)).toEqual([first.id])
    await unpin(first)
    expect(await pollInTurn([first])).toEqual([200])
    await first.report(id, 'success')
    expect(await show(tenant.api, id)).toMatchObject({ statistics: { status: { success: 1 } } })
  })

  test('waits also in a rollback, and speaks DDI or not', async () => {
    const [first] = some(1)
    const authorization = await gatewayOf(tenant)
    for (const name of ['release-1', 'release-0']) await uploadFile(tenant, { name, types: ['board'] })
    await uploadTestArtifact(tenant.api, { name: 'release-0' })
    const ddi = await enrolDdi(server, tenant, { authorization, data: { device_type: 'board' } })
    const id = await deploy(tenant.api, { devices: [first.id, ddi.id] })
    expect(await pollInTurn([first])).toEqual([200])
    expect(await linksOf(ddi)).toMatchObject({ deploymentBase: expect.any(String) })
    for (const device of [first, ddi]) await pin(device)
    expect(await linksOf(ddi)).toMatchObject({ deploymentBase: expect.any(String) })
    const answer = await tenant.api.post(`${V2}/${id}/rollback`, { artifact_name: 'release-0' })
    const rollback = answer.headers.get('location')?.split('/').at(-1) ?? ''
    expect(await pollInTurn([first, first])).toEqual([204, 204])
    expect((await pinnedOf(rollback)).toSorted()).toEqual([first.id, ddi.id].toSorted())
    await unpin(first)
    expect(await pollInTurn([first])).toEqual([200])
  })

  test('is found by a filter, as an attribute, and loses its pin with its identity', async () => {
    const [first, second] = some(2)
    const not_before = inHours(2)
    await pin(first)
    await pin(second, { not_before })
    const search = async (type: string, value: unknown) => {
      const term = { scope: 'system', attribute: 'pinned_until', type, value }
      const { body } = await tenant.api.post('/api/management/v2/inventory/filters/search', { filters: [term] })
      return body.map(({ id }: { id: string }) => id).toSorted()
    }
    expect(await search('$exists', true)).toEqual([first.id, second.id].toSorted())
    expect(await search('$eq', 'forever')).toEqual([first.id])
    expect(await search('$eq', not_before)).toEqual([second.id])
    expect(await search('$gt', inHours(3))).toEqual([first.id])
    const { body } = await tenant.api.get(`/api/management/v1/inventory/devices/${first.id}`)
    expect(body.attributes).toContainEqual({ name: 'pinned_until', value: 'forever', scope: 'system' })
    expect(body.pin_reason).toBe('on the stand')
    const listed = (await tenant.api.get('/api/management/v1/inventory/devices')).body
    const reasons = listed.filter((one: object) => 'pin_reason' in one).map(({ id }: { id: string }) => id)
    expect(reasons.toSorted()).toEqual([first.id, second.id].toSorted())
    // A deployment to devices that are not pinned, as a filter says.
    const term = { scope: 'system', attribute: 'pinned_until', type: '$exists', value: false }
    await deploy(tenant.api, { filter_id: await saveFilter(tenant.api, term) })
    expect(await pollInTurn(devices)).toEqual([204, 204, 200, 200])
    server.advance(2 * HOUR)
    await removeEndedPins(server.env, new AbortController().signal)
    expect(await search('$exists', true)).toEqual([first.id])
    expect(await pollInTurn([second])).toEqual([200])
    await tenant.api.delete(`${DEVAUTH}/devices/${first.id}`)
    expect(await tenant.api.get(pinPath(first))).toMatchObject({ status: 404, body: { code: 'device_not_found' } })
  })
})

describe('a deployment', () => {
  test.each([
    ['a list', () => ({ devices: devices.map(({ id }) => id) }), true],
    ['all devices', () => ({ all_devices: true }), true],
    ['a filter', () => ({ filter_id }), false],
  ])('to %s leaves out what is pinned forever, and waits for what is pinned for now', async (_, target, is_static) => {
    const [never, later, free] = some(3)
    await pin(never)
    await pin(later, { not_before: inHours(1) })
    const body = { ...target(), exclude: { device_ids: [devices[3]?.id] } }
    const previewed = await preview(body)
    expect(previewed).toMatchObject({ device_count: 2, pinned: 1, pinned_for_now: 1, excluded: 1 })
    const id = await deploy(tenant.api, body)
    expect(await show(tenant.api, id)).toMatchObject({
      ...{ initial_device_count: previewed.device_count },
      exclude: { device_ids: [devices[3]?.id], ...(is_static ? { pinned: 1 } : {}) },
    })
    expect(await pollInTurn(devices)).toEqual([204, 204, 200, 204])
    expect(await explain(id, never)).toMatchObject({
      code: is_static ? 'excluded' : 'pinned',
      pin: { reason: 'on the stand' },
    })
    expect(await explain(id, devices[3]!)).toEqual({
      ...{ code: 'excluded', message: 'The deployment excludes the device.' },
    })
    expect(await pinnedOf(id)).toEqual(is_static ? [later.id] : [later.id, never.id])
    await unpin(later)
    expect(await pollInTurn([later])).toEqual([200])
    for (const device of [later, free]) await device.report(id, 'success')
    expect(await show(tenant.api, id)).toMatchObject({ status: is_static ? 'finished' : 'inprogress' })
    await unpin(never)
    expect(await pollInTurn([never])).toEqual([is_static ? 204 : 200])
  })

  test('only to devices that are pinned forever is refused, and one that all wait for has its time', async () => {
    const [first] = some(1)
    await pin(first)
    const body = { name: 'n', artifact_name: 'release-1', devices: [first.id] }
    const refused = { status: 422, body: { code: 'devices_pinned' } }
    expect(await tenant.api.post(`${V2}/preview`, body)).toMatchObject(refused)
    const not_before = inHours(5)
    await pin(first, { not_before })
    expect(await preview(body)).toMatchObject({ device_count: 1, pinned_for_now: 1, first_offer: not_before })
  })

  test('that is unfinished waits for a device that is pinned afterwards, until it is aborted for it', async () => {
    const [first] = some(1)
    const id = await deploy(tenant.api, { devices: [first.id] })
    await pin(first)
    expect(await pollInTurn([first])).toEqual([204])
    expect(await pinnedOf(id)).toEqual([first.id])
    await tenant.api.delete(`/api/management/v1/deployments/deployments/devices/${first.id}`)
    expect(await show(tenant.api, id)).toMatchObject({ status: 'finished' })
    expect(await pinnedOf(id)).toEqual([])
  })

  test('that has reached its device limit waits for no pinned device', async () => {
    const [first, second, third] = some(3)
    const id = await deploy(tenant.api, { filter_id, max_devices: 2, retries: 1 })
    expect(await pollInTurn([first])).toEqual([200])
    for (const device of [first, second]) await pin(device)
    await first.report(id, 'failure')
    expect((await pinnedOf(id)).toSorted()).toEqual([first.id, second.id].toSorted())
    expect(await pollInTurn([third])).toEqual([200])
    expect(await pinnedOf(id)).toEqual([first.id])
    expect(await explain(id, second)).toMatchObject({ code: 'limit_reached' })
  })

  test('to more pinned devices than it names lists the others', async () => {
    await server.env.db.query(sql`
      insert into devices (tenant_id, id, identity_data, identity_sha256, status, created_ts, updated_ts,
        attributes_updated_ts, listed_after, pinned_until, pin)
      select ${tenant.tenant_id}, 'extra-' || i, '{}', 'extra-' || i, 'accepted', now(), now(), now(), '-infinity', 'forever',
        '{"reason": "r", "by": {"id": "u"}, "since": "2026-01-01T00:00:00.000Z"}'
      from generate_series(1, 1001) as i`)
    const id = await deploy(tenant.api, { all_devices: true })
    expect(await show(tenant.api, id)).toMatchObject({ initial_device_count: 4 })
    expect(await pollInTurn(devices)).toEqual([200, 200, 200, 200])
  })
})

describe('the requests', () => {
  test('change up to 200 devices at once, and say which there are not, with one line in the audit log', async () => {
    const [first, second] = some(2)
    const device_ids = [first.id, second.id, 'nobody', first.id]
    const changed = { status: 200, body: { changed: 2, failed: [{ id: 'nobody', code: 'device_not_found' }] } }
    const body = { device_ids, reason: 'in a trial', not_before: null }
    expect(await tenant.api.post(`${V2}/devices/pin`, body)).toMatchObject(changed)
    expect(await pollInTurn(devices.slice(0, 2))).toEqual([204, 204])
    expect(await tenant.api.post(`${V2}/devices/unpin`, { device_ids })).toMatchObject(changed)
    expect(await tenant.api.post(`${V2}/devices/unpin`, { device_ids })).toMatchObject(changed)
    await pin(first)
    const { body: events } = await tenant.api.get('/api/management/v1/auditlogs/logs?per_page=3')
    const both = { type: 'devices', devices: { count: 2, ids: [first.id, second.id].toSorted() } }
    expect(events).toMatchObject([
      { action: 'pin', object: { type: 'device', id: first.id }, change: 'Never updated: on the stand' },
      { action: 'unpin', object: both },
      { action: 'pin', object: both, change: 'Never updated: in a trial' },
    ])
  })

  test('are refused with what is wrong', async () => {
    const [first] = some(1)
    const put = (body: object) => tenant.api.put(pinPath(first), body)
    expect(await put({})).toMatchObject({ status: 400 })
    expect(await put({ reason: '' })).toMatchObject({ status: 400 })
    expect(await put({ reason: 'r', not_before: '2001-01-01T00:00:00Z' })).toMatchObject({
      ...{ status: 400, body: { error: expect.stringContaining('not_before: must be in the future') } },
    })
    const many = Array.from({ length: 201 }, (_, i) => `device-${i}`)
    expect(await tenant.api.post(`${V2}/devices/pin`, { device_ids: many, reason: 'r' })).toMatchObject({ status: 400 })
    expect(await tenant.api.put(pinPath({ id: 'nobody' }), { reason: 'r' })).toMatchObject({ status: 404 })
    expect(await tenant.api.delete(pinPath({ id: 'nobody' }))).toMatchObject({ status: 404 })
    expect(await openApi(server.url).put(pinPath(first), { reason: 'r' })).toMatchObject({ status: 401 })
  })
})

describe('a device that an update control map pauses', () => {
  const paused = (...states: string[]) => ({
    update_control_map: { states: Object.fromEntries(states.map((state) => [state, { action: 'pause' }])) },
  })
  const mapOf = async (device: SimulatedDevice, id: string) => {
    const path = `/api/devices/v2/deployments/device/deployments/${id}/update_control_map`
    return (await openApi(server.url, device.token).get(path)).body.update_control_map.states
  }
  const CONTINUE = { action: 'continue' }
  const PAUSE = { action: 'pause' }

  test('continues by itself, or with all that are paused', async () => {
    const [first, second] = some(2)
    const map = paused('ArtifactInstall_Enter', 'ArtifactReboot_Enter')
    const id = await deploy(tenant.api, { filter_id, ...map })
    expect(await pollInTurn([first, second])).toEqual([200, 200])
    const one = (device: { id: string }) => tenant.api.post(`${V2}/${id}/devices/${device.id}/continue`)
    expect(await one(first)).toMatchObject({ status: 409, body: { code: 'device_not_paused' } })
    for (const device of [first, second]) await device.report(id, 'pause_before_installing')
    expect(await one(first)).toMatchObject({ status: 204 })
    expect(await one(first)).toMatchObject({ status: 204 })
    expect(await mapOf(first, id)).toEqual({ ArtifactInstall_Enter: CONTINUE, ArtifactReboot_Enter: PAUSE })
    expect(await mapOf(second, id)).toEqual({ ArtifactInstall_Enter: PAUSE, ArtifactReboot_Enter: PAUSE })
    const all = (body: object) => tenant.api.post(`${V2}/${id}/continue`, body)
    expect(await all({ states: ['ArtifactCommit_Enter'] })).toMatchObject({ status: 409 })
    expect(await all({ states: ['ArtifactInstall_Enter'] })).toMatchObject({ status: 204 })
    expect(await mapOf(second, id)).toEqual({ ArtifactInstall_Enter: CONTINUE, ArtifactReboot_Enter: PAUSE })
    expect(await all({})).toMatchObject({ status: 204 })
    expect(await mapOf(second, id)).toEqual({ ArtifactInstall_Enter: CONTINUE, ArtifactReboot_Enter: CONTINUE })
    expect(await all({})).toMatchObject({ status: 409, body: { code: 'nothing_paused' } })
    expect((await show(tenant.api, id)).update_control_map.states).toEqual(await mapOf(first, id))
    await abort(tenant.api, id)
    expect(await all({})).toMatchObject({ status: 409 })
    expect(await one(first)).toMatchObject({ status: 409 })
    const { body: events } = await tenant.api.get('/api/management/v1/auditlogs/logs?per_page=5')
    expect(events.slice(1)).toMatchObject([
      { action: 'continue', object: { type: 'deployment', id } },
      { action: 'continue', object: { type: 'deployment', id } },
      { action: 'continue', object: { type: 'device', id: first.id } },
      { action: 'continue', object: { type: 'device', id: first.id } },
    ])
  })
})
