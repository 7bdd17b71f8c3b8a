import { afterEach, describe, expect, test } from 'vitest'
import { uploadTestArtifact } from '../support/artifact.ts'
import { deploy, poll, pollInTurn, reportAll, show, statistics, V1 } from '../support/deploy.ts'
import { enrol, makeFleet } from '../support/device.ts'
import { useServer } from '../support/fixtures.ts'
import { expectCountersToEqualRows } from '../support/recount.ts'

const server = useServer()
afterEach(() => expectCountersToEqualRows(server.env.db))

const fleet = (n: number) => makeFleet(server, n)

describe('a deployment to a list of devices', () => {
  test('is offered to those devices and finishes when all of them have finished', async () => {
    const { tenant, devices, ids } = await fleet(3)
    const id = await deploy(tenant.api, { devices: ids.slice(0, 2) })
    expect(await show(tenant.api, id)).toMatchObject({
      status: 'pending',
      dynamic: false,
      max_devices: 2,
      device_count: 0,
    })
    expect(await statistics(tenant.api, id)).toEqual({ pending: 2 })
    expect(await pollInTurn(devices)).toEqual([200, 200, 204])
    expect(await statistics(tenant.api, id)).toEqual({ pending: 2 })
    await reportAll(devices.slice(0, 2), id, 'installing')
    expect((await show(tenant.api, id)).status).toBe('inprogress')
    await reportAll(devices.slice(0, 1), id, 'success')
    await reportAll(devices.slice(1, 2), id, 'failure')
    expect(await show(tenant.api, id)).toMatchObject({ status: 'finished', finished: expect.any(String) })
    expect(await statistics(tenant.api, id)).toEqual({ success: 1, failure: 1 })
  })

  test('accepts ids that are not UUIDs and devices that do not exist, each once', async () => {
    const { tenant } = await fleet(0)
    const id = await deploy(tenant.api, { devices: ['dummyuuid0', 'uuid not needed3', 'dummyuuid0'] })
    expect(await show(tenant.api, id)).toMatchObject({ max_devices: 2 })
    expect((await tenant.api.get(`${V1}/${id}/device_list`)).body).toEqual(['dummyuuid0', 'uuid not needed3'])
  })

  test('is rejected without devices, with both a list and all_devices, and for an unknown release', async () => {
    const { tenant } = await fleet(0)
    const create = (body: object) => tenant.api.post(V1, { name: 'n', artifact_name: 'release-1', ...body })
    const refused = (status: number, error: string) => ({ status, body: { error } })
    expect(await create({ devices: [] })).toMatchObject(
      refused(
        400,
        'Validating request body: Invalid deployments definition: provide list of devices or set all_devices flag.',
      ),
    )
    expect(await create({ devices: ['a'], all_devices: true })).toMatchObject(
      refused(
        400,
        'Validating request body: Invalid deployments definition: list of devices provided togheter with all_devices flag.',
      ),
    )
    expect(await create({ all_devices: true })).toMatchObject(refused(400, 'No devices for the deployment'))
    expect(await create({ devices: ['a'], artifact_name: 'nope' })).toMatchObject(
      refused(422, 'No artifact for the deployment'),
    )
    expect((await tenant.api.get(V1)).body).toEqual([])
  })
})

test('a deployment to all devices lists the devices accepted at its creation', async () => {
  const { tenant, devices, ids } = await fleet(2)
  const id = await deploy(tenant.api, { all_devices: true })
  const [late] = await enrol(server, tenant, 1)
  expect(await pollInTurn([...devices, late!])).toEqual([200, 200, 204])
  expect((await tenant.api.get(`${V1}/${id}/device_list`)).body.sort()).toEqual([...ids].sort())
})

describe('a deployment to a group', () => {
  const group = (name: string) => `${V1}/group/${name}`

  test('lists the members of the group at its creation', async () => {
    const { tenant, devices, ids } = await fleet(2)
    await tenant.api.put(`/api/management/v1/inventory/devices/${ids[0]}/group`, { group: 'lab' })
    const body = { devices: [], group: 'lab', retries: 0, phases: [] }
    const id = await deploy(tenant.api, body, group('lab'))
    expect(await show(tenant.api, id)).toMatchObject({ groups: ['lab'], max_devices: 1 })
    expect(await pollInTurn(devices)).toEqual([200, 204])
  })

  test('is rejected for a list, for all devices, and for an empty group', async () => {
    const { tenant } = await fleet(0)
    const create = (body: object) => tenant.api.post(group('lab'), { name: 'n', artifact_name: 'release-1', ...body })
    const error = 'The deployment for group constructor should have neither list of devices nor all_devices flag set'
    expect(await create({ devices: ['a'] })).toMatchObject({ status: 400, body: { error } })
    expect(await create({ all_devices: true })).toMatchObject({ status: 400, body: { error } })
    expect(await create({})).toMatchObject({ status: 400, body: { error: 'No devices for the deployment' } })
  })
})

describe('phases of 101 devices', () => {
  const phasesFrom = (now: Date) => {
    const at = (seconds: number) => new Date(now.getTime() + seconds * 1000).toISOString()
    return [
      { batch_size: 13 },
      { batch_size: 17, start_ts: at(15) },
      { batch_size: 29, start_ts: at(30) },
      { start_ts: at(45) },
    ]
  }

  test.each([
    ['of a device type with an artifact', 'qemux86-64', 200, 'success'],
    ['of another device type', 'mips', 204, 'noartifact'],
  ])('%s are counted by phase', async (_what, device_type, code, final) => {
    const { tenant, devices, ids } = await fleet(101)
    const id = await deploy(tenant.api, { devices: ids, phases: phasesFrom(server.env.now()) })
    let done = 0
    for (const capacity of [13, 17, 29, 42]) {
      const codes = await pollInTurn(devices.slice(done, done + capacity + 1), { device_type })
      const outside = done + capacity < 101 ? [204] : []
      expect(codes).toEqual([...Array(capacity).fill(code), ...outside])
      done += capacity
      server.advance(15_000)
    }
    expect(
      (await show(tenant.api, id)).phases.map(({ device_count }: { device_count: number }) => device_count),
    ).toEqual([13, 17, 29, 42])
    if (code === 200) await reportAll(devices, id, final)
    expect(await show(tenant.api, id)).toMatchObject({ status: 'finished', device_count: 101 })
    expect(await statistics(tenant.api, id)).toEqual({ [final]: 101 })
  })

  test('are rejected with the number of the phase that would be empty', async () => {
    const { tenant } = await fleet(0)
    const devices = Array.from({ length: 11 }, (_, i) => `device-${i}`)
    const phases = [
      { batch_size: 10 },
      { batch_size: 20, start_ts: '2030-01-01T00:00:00Z' },
      { batch_size: 5, start_ts: '2030-01-01T00:00:00Z' },
      { start_ts: '2030-01-01T00:00:00Z' },
    ]
    expect(await tenant.api.post(V1, { name: 'n', artifact_name: 'release-1', devices, phases })).toMatchObject({
      status: 400,
      body: { error: 'Attempt to create a batch with zero devices not allowed. Batch: (3) will be empty' },
    })
  })
})

test.each<[string, object, number, number]>([
  ['plain', {}, 201, 201],
  ['retries 0 and no phases', { retries: 0, phases: [] }, 201, 201],
  ['retries', { retries: 1 }, 403, 201],
  ['a later start', { phases: [{ start_ts: '2030-01-01T00:00:00Z' }] }, 403, 201],
  ['two phases', { phases: [{ batch_size: 50 }, { start_ts: '2030-01-01T00:00:00Z' }] }, 403, 403],
  ['an update control map', { update_control_map: { states: {} } }, 403, 403],
])('the plan controls %s', async (_what, more, os, professional) => {
  for (const [plan, status] of [
    ['os', os],
    ['professional', professional],
    ['enterprise', 201],
  ] as const) {
    const { api } = await server.tenant(plan)
    await uploadTestArtifact(api, { name: 'release-1' })
    const response = await api.post(V1, { name: 'n', artifact_name: 'release-1', devices: ['a', 'b'], ...more })
    expect([plan, response.status]).toEqual([plan, status])
  }
})

describe('a decommissioned device', () => {
  test('is counted as decommissioned in each unfinished deployment', async () => {
    const { tenant, devices, ids } = await fleet(2)
    const begun = await deploy(tenant.api, { devices: ids })
    expect((await poll(devices[0]!)).status).toBe(200)
    const waiting = await deploy(tenant.api, { devices: [ids[0]!] })
    expect(await tenant.api.delete(`/api/management/v2/devauth/devices/${ids[0]}`)).toMatchObject({ status: 204 })
    expect(await statistics(tenant.api, begun)).toEqual({ decommissioned: 1, pending: 1 })
    expect((await show(tenant.api, begun)).status).toBe('pending')
    expect(await show(tenant.api, waiting)).toMatchObject({ status: 'finished' })
    expect((await poll(devices[0]!)).status).toBe(401)
  })
})

describe('one device', () => {
  test('can have its deployment aborted, and its history read and deleted', async () => {
    const { tenant, devices, ids } = await fleet(2)
    const id = await deploy(tenant.api, { devices: ids, retries: 1 })
    await pollInTurn(devices)
    expect(await tenant.api.delete(`${V1}/devices/${ids[0]}`)).toMatchObject({ status: 204 })
    expect(await statistics(tenant.api, id)).toEqual({ aborted: 1, pending: 1 })
    expect(await devices[0]!.report(id, 'installing')).toMatchObject({
      status: 409,
      body: { error: 'Deployment aborted' },
    })
    const history = await tenant.api.get(`${V1}/devices/${ids[0]}`)
    expect(history.body).toMatchObject([
      { deployment: { id, retries: 1 }, device: { id: ids[0], status: 'aborted', attempts: 1 } },
    ])
    expect(history.headers.get('x-total-count')).toBe('1')
    expect((await poll(devices[0]!)).status).toBe(204)

    expect(await tenant.api.delete(`${V1}/devices/${ids[0]}/history`)).toMatchObject({ status: 204 })
    expect((await tenant.api.get(`${V1}/devices/${ids[0]}`)).body).toEqual([])
    expect(await tenant.api.get(`${V1}/devices/${ids[0]}?per_page=21`)).toMatchObject({ status: 400 })
  })

  test('is offered an older deployment again after its history is deleted', async () => {
    const { tenant, devices, ids } = await fleet(1)
    const older = await deploy(tenant.api, { devices: [...ids, 'another'] })
    const newer = await deploy(tenant.api, { devices: [...ids, 'another'] })
    expect((await poll(devices[0]!)).body).toMatchObject({ id: older })
    await reportAll(devices, older, 'success')
    expect((await poll(devices[0]!)).body).toMatchObject({ id: newer })
    await reportAll(devices, newer, 'success')
    expect((await poll(devices[0]!)).status).toBe(204)
    await tenant.api.delete(`${V1}/devices/${ids[0]}/history`)
    expect((await poll(devices[0]!)).body).toMatchObject({ id: older })
  })

  test('is counted only once, even if its history is deleted', async () => {
    const { tenant, devices, ids } = await fleet(3)
    const [a, b, c] = devices as [(typeof devices)[0], (typeof devices)[0], (typeof devices)[0]]
    const id = await deploy(tenant.api, { devices: ids })
    await pollInTurn([a])
    await reportAll([a], id, 'success')
    await tenant.api.delete(`${V1}/devices/${a.id}/history`)
    expect((await poll(a)).status).toBe(200)
    expect(await statistics(tenant.api, id)).toEqual({ pending: 3 })
    await reportAll([a], id, 'success')
    expect(await pollInTurn([b, c])).toEqual([200, 200])
    await reportAll([b], id, 'success')
    expect(await show(tenant.api, id)).toMatchObject({ status: 'inprogress', device_count: 3 })
    await reportAll([c], id, 'failure')
    expect((await show(tenant.api, id)).status).toBe('finished')
    expect(await statistics(tenant.api, id)).toEqual({ success: 2, failure: 1 })
  })
})
