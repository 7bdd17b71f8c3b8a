import { afterEach, describe, expect, test } from 'vitest'
import { uploadTestArtifact } from '../support/artifact.ts'
import {
  deploy,
  inventoryTerm,
  poll,
  pollInTurn,
  reportAll,
  saveFilter,
  show,
  statistics,
  V1,
  V2,
} from '../support/deploy.ts'
import { enrol } from '../support/device.ts'
import { useServer } from '../support/fixtures.ts'
import { expectCountersToEqualRows } from '../support/recount.ts'
import type { TestTenant } from '../support/server.ts'

const server = useServer()
afterEach(() => expectCountersToEqualRows(server.env.db))

async function fleet(
  n = 0,
): Promise<{ tenant: TestTenant; filter_id: string; devices: Awaited<ReturnType<typeof enrol>> }> {
  const tenant = await server.tenant()
  await uploadTestArtifact(tenant.api, { name: 'release-1' })
  const filter_id = await saveFilter(tenant.api, inventoryTerm('foo', 'foo'))
  return { tenant, filter_id, devices: await enrol(server, tenant, n, { foo: 'foo' }) }
}

describe('creating', () => {
  test('returns 201 and the deployment is as requested', async () => {
    const { tenant, filter_id } = await fleet(3)
    const start_ts = '2030-01-01T00:00:00.000Z'
    const id = await deploy(tenant.api, {
      filter_id,
      phases: [{ batch_size: 34 }, { start_ts }],
      retries: 3,
      max_devices: 100,
    })
    expect(await show(tenant.api, id)).toMatchObject({
      ...{ id, name: 'production', artifact_name: 'release-1', status: 'pending', dynamic: true, type: 'software' },
      ...{ device_count: 0, initial_device_count: 3, max_devices: 100, retries: 3 },
      filter: { id: filter_id, terms: [inventoryTerm('foo', 'foo')] },
      phases: [
        { batch_size: 34, capacity: 1, device_count: 0 },
        { batch_size: 66, start_ts, device_count: 0 },
      ],
      statistics: { status: { pending: 0, success: 0 }, total_size: 0 },
    })
  })

  test('accepts the documented example: a list of one, +0000, past dates, a filter id that is not a UUID', async () => {
    const tenant = await server.tenant()
    await uploadTestArtifact(tenant.api, { name: 'Application 0.0.1' })
    const example = [
      {
        name: 'production',
        artifact_name: 'Application 0.0.1',
        filter_id: '00a0c91e6-7dec-11d0-a765-f81d4faebf6',
        phases: [
          { batch_size: 5, start_ts: '2019-07-07T21:16:17.063+0000' },
          { batch_size: 15, start_ts: '2019-09-07T21:16:17.063+0000' },
          { start_ts: '2019-11-07T21:16:17.063+0000' },
        ],
        retries: 3,
      },
    ]
    expect(await tenant.api.post(V2, example)).toMatchObject({ status: 400, body: { error: 'filter not found' } })
    const filter_id = await saveFilter(tenant.api, inventoryTerm('foo', 'foo'))
    expect(await tenant.api.post(V2, [{ ...example[0], filter_id }])).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining('Batch: (1) will be empty') },
    })
    await enrol(server, tenant, 20, { foo: 'foo' })
    const created = await tenant.api.post(V2, [{ ...example[0], filter_id }])
    expect(created.status).toBe(201)
    const shown = await show(tenant.api, created.headers.get('location')?.split('/')[5] ?? '')
    expect(
      shown.phases.map(({ batch_size, start_ts }: { batch_size: number; start_ts: string }) => [batch_size, start_ts]),
    ).toEqual([
      [5, '2019-07-07T21:16:17.063Z'],
      [15, '2019-09-07T21:16:17.063Z'],
      [80, '2019-11-07T21:16:17.063Z'],
    ])
  })

  test('accepts the requests of the web GUI, including a null batch size and unknown members', async () => {
    const { tenant, filter_id } = await fleet(4)
    const gui = { all_devices: false, group: 'eu-fleet', force_installation: false, retries: 2 }
    const phases = [
      { batch_size: 50, delay: 2, delayUnit: 'hours' },
      { batch_size: null, start_ts: '2030-11-23T11:12:06.580Z' },
    ]
    const id = await deploy(tenant.api, { ...gui, filter_id, phases })
    const shown = await show(tenant.api, id)
    expect(shown.phases.map(({ batch_size }: { batch_size: number }) => batch_size)).toEqual([50, 50])
    expect(new Set(shown.phases.map(({ id }: { id: string }) => id)).size).toBe(2)
  })

  test.each<[string, unknown, number, string]>([
    ['no body', undefined, 400, 'must be object'],
    ['an empty list', [], 400, 'must be object'],
    ['a list of two', [{}, {}], 400, 'must be object'],
    ['no name', { artifact_name: 'release-1', filter_id: 'x' }, 400, 'name: cannot be blank'],
    ['a blank name', { name: '', artifact_name: 'release-1', filter_id: 'x' }, 400, 'name: cannot be blank'],
    ['a name of 257 characters', { name: 'n'.repeat(257), artifact_name: 'release-1', filter_id: 'x' }, 400, 'name'],
    ['no artifact name', { name: 'n', filter_id: 'x' }, 400, 'artifact_name: cannot be blank'],
    [
      'no filter',
      { name: 'n', artifact_name: 'release-1' },
      400,
      'Validating request body: filter_id: cannot be blank.',
    ],
    ['a filter id that is a number', { name: 'n', artifact_name: 'release-1', filter_id: 1 }, 400, 'filter_id'],
    ['an unknown filter', { name: 'n', artifact_name: 'release-1', filter_id: 'x' }, 400, 'filter not found'],
    ['negative retries', { name: 'n', artifact_name: 'release-1', filter_id: 'x', retries: -1 }, 400, 'retries'],
    ['half a retry', { name: 'n', artifact_name: 'release-1', filter_id: 'x', retries: 0.5 }, 400, 'retries'],
    ['retries as text', { name: 'n', artifact_name: 'release-1', filter_id: 'x', retries: '3' }, 400, 'retries'],
    ['a huge limit', { name: 'n', artifact_name: 'release-1', filter_id: 'x', max_devices: 1e20 }, 400, 'max_devices'],
    ['phases that are no list', { name: 'n', artifact_name: 'release-1', filter_id: 'x', phases: {} }, 400, 'phases'],
    ['a phase that is null', { name: 'n', artifact_name: 'release-1', filter_id: 'x', phases: [null] }, 400, 'phases'],
  ])('rejects %s', async (_what, body, status, text) => {
    const { api } = await server.tenant()
    const response = await api.post(V2, body)
    expect(response).toMatchObject({ status, body: { error: expect.stringContaining(text) } })
    expect((await api.get(V1)).body).toEqual([])
  })

  test('rejects a release that does not exist with 422', async () => {
    const { tenant, filter_id } = await fleet()
    expect(await tenant.api.post(V2, { name: 'n', artifact_name: 'nope', filter_id })).toMatchObject({
      status: 422,
      body: { error: 'No artifact for the deployment' },
    })
  })

  test('is for the enterprise plan only', async () => {
    for (const plan of ['os', 'professional'] as const) {
      const { api } = await server.tenant(plan)
      expect(await api.post(V2, { name: 'n', artifact_name: 'a', filter_id: 'f' })).toMatchObject({
        status: 403,
        body: { error: 'Feature not available in your Plan.' },
      })
    }
  })

  test('rejects phases for a filter that matches no device, and leaves nothing behind', async () => {
    const { tenant, filter_id } = await fleet()
    const phases = [{ batch_size: 20 }, { start_ts: '2030-01-01T00:00:00Z' }]
    for (const limit of [{}, { max_devices: 10 }])
      expect(
        await tenant.api.post(V2, { name: 'n', artifact_name: 'release-1', filter_id, phases, ...limit }),
      ).toMatchObject({ status: 400 })
    expect((await tenant.api.get(V1)).body).toEqual([])
    await deploy(tenant.api, { filter_id })
  })
})

describe('a deployment without a limit', () => {
  test('goes from pending to inprogress and never finishes by itself', async () => {
    const { tenant, filter_id, devices } = await fleet(10)
    const id = await deploy(tenant.api, { filter_id })
    expect(await pollInTurn(devices)).toEqual(Array(10).fill(200))
    expect(await show(tenant.api, id)).toMatchObject({ status: 'pending', device_count: 10 })
    expect(await statistics(tenant.api, id)).toEqual({ pending: 10 })

    await reportAll(devices.slice(0, 3), id, 'downloading')
    await reportAll(devices.slice(3, 6), id, 'installing')
    expect(await statistics(tenant.api, id)).toEqual({ downloading: 3, installing: 3, pending: 4 })
    expect((await show(tenant.api, id)).status).toBe('inprogress')

    await reportAll(devices.slice(0, 5), id, 'success')
    await reportAll(devices.slice(5), id, 'failure')
    expect(await statistics(tenant.api, id)).toEqual({ success: 5, failure: 5 })
    expect((await show(tenant.api, id)).status).toBe('inprogress')
  })

  test('is offered only to devices that match, and applies an inventory change at once', async () => {
    const { tenant, filter_id, devices } = await fleet(1)
    await deploy(tenant.api, { filter_id })
    const [outsider] = await enrol(server, tenant, 1, { foo: 'bar' })
    expect((await poll(outsider!)).status).toBe(204)
    await outsider!.sendInventory({ foo: 'foo' })
    expect((await poll(outsider!)).status).toBe(200)
    expect((await poll(devices[0]!)).status).toBe(200)
  })

  test('is for the devices that match groups of terms and versions, as counted, offered and explained', async () => {
    const { tenant } = await fleet()
    const old = inventoryTerm('os', '1.10', '$version_lt')
    const terms = [
      { type: '$or', terms: [old, inventoryTerm('ring', 'canary')] },
      { type: '$not', terms: [inventoryTerm('foo', 'bar')] },
    ]
    const facts: Record<string, string>[] = [
      { os: 'v1.9.0' },
      { os: '1.10' },
      { os: '1.9', foo: 'bar' },
      { os: 'nightly' },
    ]
    const devices = await enrol(server, tenant, 4, (i) => facts[i] as Record<string, string>)
    const id = await deploy(tenant.api, { filter_id: await saveFilter(tenant.api, ...terms) })
    expect(await show(tenant.api, id)).toMatchObject({ initial_device_count: 1, filter: { terms } })
    expect(await pollInTurn(devices)).toEqual([200, 204, 204, 204])
    const explain = async (at: number) => (await tenant.api.get(`${V2}/${id}/devices/${devices[at]?.id}/explain`)).body
    expect(await explain(1)).toMatchObject({
      code: 'filter_mismatch',
      message:
        'The device does not match the filter: (inventory/os is below version 1.10 or inventory/ring is canary), but the device has inventory/os 1.10, no inventory/ring.',
      failing_terms: [{ type: '$or', terms: [{ ...old, actual: '1.10' }, inventoryTerm('ring', 'canary')] }],
    })
    expect(await explain(2)).toMatchObject({
      message:
        'The device does not match the filter: not (inventory/foo is bar), but the device has inventory/foo bar.',
    })
    const plain = await deploy(tenant.api, { filter_id: await saveFilter(tenant.api, old) })
    expect((await tenant.api.get(`${V2}/${plain}/devices/${devices[3]?.id}/explain`)).body.message).toBe(
      'The device does not match the filter: inventory/os is below version 1.10, but the device has nightly, which is no version.',
    )
    await devices[1]?.sendInventory({ os: '1.10', ring: 'canary' })
    await devices[2]?.sendInventory({ os: '1.9', foo: 'baz' })
    await devices[3]?.sendInventory({ os: '1.10-rc.1' })
    expect(await pollInTurn(devices.slice(1))).toEqual([200, 200, 200])
  })

  test('returns the same response to the same poll', async () => {
    const { tenant, filter_id, devices } = await fleet(1)
    const id = await deploy(tenant.api, { filter_id })
    const [first, second] = [await poll(devices[0]!), await poll(devices[0]!)]
    expect(first.status).toBe(200)
    expect(second).toMatchObject({ status: 200 })
    expect(await statistics(tenant.api, id)).toEqual({ pending: 1 })
    expect(await show(tenant.api, id)).toMatchObject({ device_count: 1 })
  })
})

test('a limited deployment finishes after max_devices, and no further device gets it', async () => {
  const { tenant, filter_id, devices } = await fleet(11)
  const id = await deploy(tenant.api, { filter_id, max_devices: 10 })
  expect(await pollInTurn(devices)).toEqual([...Array(10).fill(200), 204])
  await reportAll(devices.slice(0, 9), id, 'success')
  expect((await show(tenant.api, id)).status).toBe('inprogress')
  await reportAll(devices.slice(9, 10), id, 'success')
  expect(await show(tenant.api, id)).toMatchObject({ status: 'finished', finished: expect.any(String) })
  expect((await poll(devices[10]!)).status).toBe(204)
  expect(await statistics(tenant.api, id)).toEqual({ success: 10 })
})

test('after a newer deployment a device is never offered an older one, even if its attributes change', async () => {
  const tenant = await server.tenant()
  await uploadTestArtifact(tenant.api, { name: 'release-1' })
  const foo = await saveFilter(tenant.api, inventoryTerm('foo', 'foo'))
  const bar = await saveFilter(tenant.api, inventoryTerm('foo', 'bar'))
  const [device] = await enrol(server, tenant, 1, { foo: 'bar' })
  const create = (name: string, filter_id: string) =>
    deploy(tenant.api, { name, filter_id, artifact_name: 'release-1' })
  await create('foo1', foo)
  await create('foo2', foo)
  const newest = await create('bar', bar)

  expect((await poll(device!)).body).toMatchObject({ id: newest })
  await reportAll([device!], newest, 'success')
  expect((await poll(device!)).status).toBe(204)
  await device!.sendInventory({ foo: 'foo' })
  expect((await poll(device!)).status).toBe(204)
  const foo3 = await create('foo3', foo)
  await create('foo4', foo)
  expect((await poll(device!)).body).toMatchObject({ id: foo3 })
})

describe('phases', () => {
  test.each([{}, { max_devices: 10 }])('open at their time and are filled to their capacity, %o', async (limit) => {
    const { tenant, filter_id, devices } = await fleet(10)
    const start_ts = new Date(server.env.now().getTime() + 15_000).toISOString()
    const id = await deploy(tenant.api, { filter_id, phases: [{ batch_size: 20 }, { start_ts }], ...limit })
    expect(await pollInTurn(devices)).toEqual([200, 200, ...Array(8).fill(204)])
    expect((await show(tenant.api, id)).phases).toMatchObject([{ device_count: 2 }, { device_count: 0 }])
    server.advance(15_000)
    expect(await pollInTurn(devices)).toEqual(Array(10).fill(200))
    expect((await show(tenant.api, id)).phases).toMatchObject([{ device_count: 2 }, { device_count: 8 }])
    await reportAll(devices, id, 'success')
    const extra = await enrol(server, tenant, 10, { foo: 'foo' })
    const limited = 'max_devices' in limit
    expect(await pollInTurn(extra)).toEqual(Array(10).fill(limited ? 204 : 200))
    expect((await show(tenant.api, id)).status).toBe(limited ? 'finished' : 'inprogress')
  })

  test('in the future make a deployment scheduled until the first one opens', async () => {
    const { tenant, filter_id, devices } = await fleet(1)
    const start_ts = new Date(server.env.now().getTime() + 60_000).toISOString()
    const id = await deploy(tenant.api, { filter_id, phases: [{ batch_size: 100, start_ts }] })
    expect((await show(tenant.api, id)).status).toBe('scheduled')
    expect((await tenant.api.get(`${V1}?status=scheduled`)).body).toHaveLength(1)
    expect((await poll(devices[0]!)).status).toBe(204)
    server.advance(60_000)
    expect((await show(tenant.api, id)).status).toBe('pending')
    expect((await poll(devices[0]!)).status).toBe(200)
  })

  test('make a device wait for the next phase instead of offering it a newer deployment', async () => {
    const { tenant, filter_id, devices } = await fleet(2)
    const start_ts = new Date(server.env.now().getTime() + 60_000).toISOString()
    const older = await deploy(tenant.api, { filter_id, phases: [{ batch_size: 50 }, { start_ts }] })
    await deploy(tenant.api, { filter_id })
    expect(await pollInTurn(devices)).toEqual([200, 204])
    server.advance(60_000)
    expect((await poll(devices[1]!)).body).toMatchObject({ id: older })
  })
})

test('each phase counts its own devices, despite retries, deleted histories, removals and an abort', async () => {
  const { tenant, filter_id, devices } = await fleet(6)
  const start_ts = new Date(server.env.now().getTime() + 60_000).toISOString()
  const id = await deploy(tenant.api, { filter_id, retries: 1, phases: [{ batch_size: 50 }, { start_ts }] })
  const phases = async () => {
    const [shown, listed] = [await show(tenant.api, id), (await tenant.api.get(V2)).body[0]]
    expect(listed.phases).toEqual(shown.phases)
    return shown.phases.map(({ statistics }: { statistics: { status: Record<string, number> } }) =>
      Object.fromEntries(Object.entries(statistics.status).filter(([, count]) => count !== 0)),
    )
  }
  expect(Object.keys((await show(tenant.api, id)).phases[0].statistics.status)).toHaveLength(13)
  await pollInTurn(devices)
  expect(await phases()).toEqual([{ pending: 3 }, {}])
  await reportAll(devices.slice(0, 1), id, 'success')
  await reportAll(devices.slice(1, 2), id, 'failure')
  await reportAll(devices.slice(2, 3), id, 'installing')
  expect(await phases()).toEqual([{ success: 1, pending: 1, installing: 1 }, {}])
  server.advance(60_000)
  // A poll of the third would show that it started over.
  await pollInTurn(devices.filter((_, i) => i !== 2))
  await reportAll(devices.slice(1, 2), id, 'failure')
  await tenant.api.delete(`${V1}/devices/${devices[0]!.id}/history`)
  await pollInTurn(devices.slice(0, 1))
  await tenant.api.delete(`/api/management/v2/devauth/devices/${devices[3]!.id}`)
  await tenant.api.delete(`${V1}/devices/${devices[4]!.id}`)
  expect(await phases()).toEqual([
    { pending: 1, failure: 1, installing: 1 },
    { decommissioned: 1, aborted: 1, pending: 1 },
  ])
  expect(await show(tenant.api, id)).not.toHaveProperty('aborted')
  await tenant.api.put(`${V1}/${id}/status`, { status: 'aborted' })
  expect(await phases()).toEqual([
    { failure: 1, aborted: 2 },
    { decommissioned: 1, aborted: 2 },
  ])
  const { aborted, finished } = await show(tenant.api, id)
  expect(aborted).toBe(finished)
})

test('a device whose history is deleted stays counted in its phase and in no other', async () => {
  const { tenant, filter_id, devices } = await fleet(4)
  const start_ts = new Date(server.env.now().getTime() + 60_000).toISOString()
  const id = await deploy(tenant.api, { filter_id, phases: [{ batch_size: 50 }, { start_ts }] })
  expect(await pollInTurn(devices.slice(0, 1))).toEqual([200])
  await reportAll(devices.slice(0, 1), id, 'success')
  await tenant.api.delete(`${V1}/devices/${devices[0]!.id}/history`)
  expect(await pollInTurn(devices)).toEqual([200, 200, 204, 204])
  await reportAll(devices.slice(0, 1), id, 'success')
  await tenant.api.delete(`${V1}/devices/${devices[0]!.id}/history`)
  expect((await poll(devices[0]!)).status).toBe(200)
  expect((await show(tenant.api, id)).phases).toMatchObject([{ device_count: 2 }, { device_count: 0 }])
})

describe('retries', () => {
  test('offer the same deployment again even if the phases are full, and count only the last failure', async () => {
    const { tenant, filter_id, devices } = await fleet(2)
    const start_ts = new Date(server.env.now().getTime() + 60_000).toISOString()
    const id = await deploy(tenant.api, {
      filter_id,
      retries: 2,
      phases: [{ batch_size: 50 }, { start_ts }],
      max_devices: 1,
    })
    const [device] = devices
    for (const attempt of [1, 2]) {
      expect((await poll(device!)).status).toBe(200)
      await reportAll([device!], id, 'installing')
      await reportAll([device!, device!], id, 'failure')
      expect(await device!.sendLog(id, [`attempt ${attempt}`])).toMatchObject({ status: 204 })
      expect(await statistics(tenant.api, id)).toEqual({ pending: 1 })
      expect((await show(tenant.api, id)).status).toBe('inprogress')
    }
    expect((await poll(device!)).status).toBe(200)
    await reportAll([device!], id, 'success')
    expect(await statistics(tenant.api, id)).toEqual({ success: 1 })
    expect((await show(tenant.api, id)).status).toBe('finished')
    const [item] = (await tenant.api.get(`${V1}/${id}/devices`)).body
    expect(item).toMatchObject({ id: device!.id, status: 'success', attempts: 3, retries: 2, log: true })
    expect((await tenant.api.get(`${V1}/${id}/devices/${device!.id}/log`)).text).toContain('attempt 2')
  })

  test('end in failure after the last attempt', async () => {
    const { tenant, filter_id, devices } = await fleet(1)
    const id = await deploy(tenant.api, { filter_id, retries: 1 })
    for (const expected of [{ pending: 1 }, { failure: 1 }]) {
      expect((await poll(devices[0]!)).status).toBe(200)
      await reportAll(devices, id, 'failure')
      expect(await statistics(tenant.api, id)).toEqual(expected)
    }
    expect((await poll(devices[0]!)).status).toBe(204)
  })
})

describe('the artifact', () => {
  test('is selected by device type; a device without a matching one finishes as noartifact and counts', async () => {
    const { tenant, filter_id, devices } = await fleet(2)
    await uploadTestArtifact(tenant.api, { name: 'release-1', device_types: ['arm1'] })
    const id = await deploy(tenant.api, { filter_id, max_devices: 2 })
    const offer = (await poll(devices[0]!, { device_type: 'arm1' })).body
    expect(offer.artifact).toMatchObject({ artifact_name: 'release-1', device_types_compatible: ['arm1'] })
    expect((await poll(devices[1]!, { device_type: 'mips' })).status).toBe(204)
    expect(await statistics(tenant.api, id)).toEqual({ pending: 1, noartifact: 1 })
    await reportAll([devices[0]!], id, 'success')
    expect((await show(tenant.api, id)).status).toBe('finished')
  })

  test('uploaded later is used, and an artifact in use cannot be deleted', async () => {
    const { tenant, filter_id, devices } = await fleet(1)
    const id = await deploy(tenant.api, { filter_id })
    const later = await uploadTestArtifact(tenant.api, { name: 'release-1', device_types: ['arm1'] })
    expect((await show(tenant.api, id)).artifacts).toContain(later)
    expect((await poll(devices[0]!, { device_type: 'arm1' })).body.artifact.id).toBe(later)
    expect(await tenant.api.delete(`/api/management/v1/deployments/artifacts/${later}`)).toMatchObject({ status: 409 })
  })

  test('that is already installed is not offered, unless forced', async () => {
    const { tenant, filter_id, devices } = await fleet(2)
    const id = await deploy(tenant.api, { filter_id })
    expect((await poll(devices[0]!, { artifact_name: 'release-1' })).status).toBe(204)
    expect(await statistics(tenant.api, id)).toEqual({ 'already-installed': 1 })
    expect((await show(tenant.api, id)).statistics.total_size).toBe(0)
    const forced = await deploy(tenant.api, { filter_id, force_installation: true })
    expect((await poll(devices[0]!, { artifact_name: 'release-1' })).body).toMatchObject({
      id: forced,
    })
  })
})

describe('abort', () => {
  test('ends the deployment on every device permanently', async () => {
    const { tenant, filter_id, devices } = await fleet(3)
    const id = await deploy(tenant.api, { filter_id })
    await pollInTurn(devices.slice(0, 2))
    await reportAll(devices.slice(0, 1), id, 'success')
    expect(await tenant.api.put(`${V1}/${id}/status`, { status: 'aborted' })).toMatchObject({ status: 204 })
    expect(await statistics(tenant.api, id)).toEqual({ success: 1, aborted: 1 })
    expect(await show(tenant.api, id)).toMatchObject({ status: 'finished', finished: expect.any(String) })
    expect(await devices[1]!.report(id, 'installing')).toMatchObject({ status: 409 })
    expect(await devices[0]!.report(id, 'failure')).toMatchObject({ status: 204 })
    expect(await pollInTurn(devices)).toEqual([204, 204, 204])
    expect(await tenant.api.put(`${V1}/${id}/status`, { status: 'aborted' })).toMatchObject({
      status: 422,
      body: { error: 'Deployment already finished' },
    })
  })

  test('is rejected for other statuses, unknown ids and malformed ids', async () => {
    const { tenant, filter_id } = await fleet()
    const id = await deploy(tenant.api, { filter_id })
    expect(await tenant.api.put(`${V1}/${id}/status`, { status: 'finished' })).toMatchObject({
      status: 400,
      body: { error: 'Unexpected deployment status' },
    })
    expect(
      await tenant.api.put(`${V1}/00000000-0000-4000-8000-000000000000/status`, { status: 'aborted' }),
    ).toMatchObject({ status: 422 })
    expect(await tenant.api.put(`${V1}/nope/status`, { status: 'aborted' })).toMatchObject({
      status: 400,
      body: { error: 'ID is not a valid UUID' },
    })
  })
})

test('deleting a filter does not change the deployments created from it', async () => {
  const { tenant, filter_id, devices } = await fleet(1)
  const id = await deploy(tenant.api, { filter_id })
  expect(await tenant.api.delete(`/api/management/v2/inventory/filters/${filter_id}`)).toMatchObject({ status: 204 })
  expect((await show(tenant.api, id)).filter).toMatchObject({ id: filter_id, terms: [inventoryTerm('foo', 'foo')] })
  expect((await poll(devices[0]!)).status).toBe(200)
})
