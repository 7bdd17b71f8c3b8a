import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import type { SimulatedDevice } from '../../src/simulate/simulated-device.ts'
import { uploadTestArtifact } from '../support/artifact.ts'
import { deploy, inventoryTerm, poll, reportAll, saveFilter, show, statistics, V1, V2 } from '../support/deploy.ts'
import { enrol, newDevice } from '../support/device.ts'
import { useServer } from '../support/fixtures.ts'
import type { TestTenant } from '../support/server.ts'

const server = useServer()

const preview = (tenant: TestTenant, body: Record<string, unknown>) =>
  tenant.api.post(`${V2}/preview`, { name: 'production', artifact_name: 'release-1', ...body })

const TYPES = ['qemux86-64', 'arm1', 'mips'] as const
const kind = (i: number) => ({
  foo: i % 5 === 4 ? 'bar' : 'foo',
  device_type: TYPES[i % 3] as string,
  artifact_name: i % 7 === 0 ? 'release-1' : 'factory',
})

/** Twenty devices of three types, one without an artifact; some have the release installed, some do not match. */
async function fleet() {
  const tenant = await server.tenant()
  const arm = await uploadTestArtifact(tenant.api, { name: 'release-1', device_types: ['arm1'] })
  const qemu = await uploadTestArtifact(tenant.api, { name: 'release-1', device_types: ['qemux86-64'] })
  const filter_id = await saveFilter(tenant.api, inventoryTerm('foo', 'foo'))
  const devices = await enrol(server, tenant, 20, kind)
  return { tenant, arm, qemu, filter_id, devices }
}

describe('a preview', () => {
  test('returns what each device would be offered, and writes nothing', async () => {
    const { tenant, arm, qemu, filter_id } = await fleet()
    const start_ts = '2030-01-01T00:00:00.000Z'
    const { status, body } = await preview(tenant, { filter_id, phases: [{ batch_size: 25 }, { start_ts }] })
    const inside = Array.from({ length: 20 }, (_, i) => kind(i)).filter(({ foo }) => foo === 'foo')
    const count = (test: (one: ReturnType<typeof kind>) => boolean) => inside.filter(test).length
    const fresh = (type: string) => count((one) => one.device_type === type && one.artifact_name === 'factory')
    expect({ status, body }).toMatchObject({
      status: 200,
      body: {
        device_count: 16,
        phases: [
          { batch_size: 25, device_count: 4 },
          { batch_size: 75, start_ts },
        ],
        noartifact: count((one) => one.device_type === 'mips'),
        already_installed: count((one) => one.device_type !== 'mips' && one.artifact_name === 'release-1'),
        ...{ busy: 0, unknown: 0 },
      },
    })
    const byDevice = Object.fromEntries(
      body.artifacts.map((one: { id: string; device_count: number }) => [one.id, one.device_count]),
    )
    expect(byDevice).toEqual({ [arm]: fresh('arm1'), [qemu]: fresh('qemux86-64') })
    expect(body.phases[1]).not.toHaveProperty('device_count')
    expect((await tenant.api.get(V1)).body).toEqual([])
  })

  test('counts devices that must finish another deployment first, and unknown ids of the list', async () => {
    const { tenant, devices } = await fleet()
    const [first, second] = devices as [SimulatedDevice, SimulatedDevice]
    await deploy(tenant.api, { devices: [first.id] })
    await poll(first)
    const { body } = await preview(tenant, { devices: [first.id, second.id, 'nobody'], force_installation: true })
    expect(body).toMatchObject({ device_count: 3, max_devices: 3, busy: 1, unknown: 1, phases: [] })
  })

  test('accepts a group, all devices, and the list of one as in the published example', async () => {
    const { tenant, devices, filter_id } = await fleet()
    await tenant.api.put(`/api/management/v1/inventory/devices/${devices[0]!.id}/group`, { group: 'lab' })
    expect((await preview(tenant, { group: 'lab' })).body).toMatchObject({ device_count: 1 })
    expect((await preview(tenant, { all_devices: true })).body).toMatchObject({ device_count: 20 })
    const wrapped = [{ name: 'n', artifact_name: 'release-1', filter_id, group: 'lab', all_devices: false }]
    expect((await tenant.api.post(`${V2}/preview`, wrapped)).body).toMatchObject({ device_count: 16 })
  })

  test('equals the result of creation, and rejects the same requests as creation', async () => {
    const { tenant, filter_id } = await fleet()
    const start_ts = fc.constantFrom(undefined, null, '2019-01-01T00:00:00Z', '2030-01-01T00:00:00+0000', 'soon')
    const phase = fc.record({
      batch_size: fc.constantFrom(undefined, null, 0, 1, 5, 10, 25, 50, 60, 100, 101),
      start_ts,
    })
    const body = fc.record({
      filter_id: fc.constantFrom(filter_id, filter_id, filter_id, 'unknown'),
      artifact_name: fc.constantFrom('release-1', 'release-1', 'release-1', 'release-1', 'nope'),
      max_devices: fc.constantFrom(undefined, null, 0, 7, -1),
      retries: fc.constantFrom(undefined, 0, 2),
      phases: fc.oneof(fc.constant([]), fc.array(phase, { maxLength: 3 })),
    })
    let created = 0
    await fc.assert(
      fc.asyncProperty(body, async (input) => {
        const previewed = await preview(tenant, input)
        const response = await tenant.api.post(V2, { name: 'production', ...input })
        if (response.status !== 201) {
          expect([previewed.status, previewed.body.error]).toEqual([response.status, response.body.error])
          return
        }
        created++
        const id = response.headers.get('location')?.split('/')[5]
        const rows = await server.env.db.query(sql`
          select jsonb_strip_nulls(jsonb_build_object('batch_size', batch_size, 'device_count', capacity)) as phase
          from deployment_phases where deployment_id = ${id} order by phase_index`)
        const { phases, device_count, max_devices } = previewed.body
        expect(phases.map(({ start_ts: _start, ...rest }: { start_ts: string }) => ({ phase: rest }))).toEqual(rows)
        expect(await show(tenant.api, id ?? '')).toMatchObject({ initial_device_count: device_count })
        expect((await show(tenant.api, id ?? '')).max_devices).toBe(max_devices)
      }),
      { numRuns: 60 },
    )
    expect(created).toBeGreaterThan(5)
  })

  test('equals what the devices are offered when they poll', async () => {
    const { tenant, filter_id, devices } = await fleet()
    const { body } = await preview(tenant, { filter_id })
    const id = await deploy(tenant.api, { filter_id })
    for (const [i, device] of devices.entries()) {
      const { device_type, artifact_name } = kind(i)
      await poll(device, { device_type, artifact_name })
    }
    const { pending, noartifact, 'already-installed': installed } = await statistics(tenant.api, id)
    const offered = body.artifacts.reduce((sum: number, one: { device_count: number }) => sum + one.device_count, 0)
    expect([pending, noartifact, installed]).toEqual([offered, body.noartifact, body.already_installed])
  })
})

describe('the explanations of a device', () => {
  const explainAll = (tenant: TestTenant, device: string, query = '') =>
    tenant.api.get(`${V2}/devices/${device}/explain${query}`)

  test('are one for each unfinished deployment, newest first, paginated', async () => {
    const { tenant, filter_id, devices } = await fleet()
    const [, fresh] = devices as SimulatedDevice[]
    const elsewhere = await deploy(tenant.api, { devices: [devices[4]!.id] })
    const aborted = await deploy(tenant.api, { filter_id })
    const running = await deploy(tenant.api, { name: 'europe', filter_id })
    await tenant.api.put(`${V1}/${aborted}/status`, { status: 'aborted' })
    const response = await explainAll(tenant, fresh!.id)
    expect(response).toMatchObject({
      status: 200,
      body: [
        { deployment: { id: running, name: 'europe' }, explanation: { code: 'waits_for_poll' } },
        { deployment: { id: elsewhere, artifact_name: 'release-1' }, explanation: { code: 'not_listed' } },
      ],
    })
    const second = await explainAll(tenant, fresh!.id, '?per_page=1&page=2')
    expect(second.headers.get('x-total-count')).toBe('2')
    expect(second.body).toEqual([response.body[1]])
  })

  test('are rejected for a device that does not exist or is outside the scope of the role', async () => {
    const { tenant, devices } = await fleet()
    const otherTenant = await server.tenant()
    expect(await explainAll(tenant, 'nobody')).toMatchObject({ status: 404, body: { error: 'device not found' } })
    expect(await explainAll(otherTenant, devices[0]!.id)).toMatchObject({ status: 404 })
  })
})

describe('an explanation', () => {
  const explain = async (tenant: TestTenant, id: string, device: string) =>
    (await tenant.api.get(`${V2}/${id}/devices/${device}/explain`)).body

  test('states the reason why a device is not offered a deployment, case by case', async () => {
    const { tenant, filter_id, devices } = await fleet()
    const [installed, fresh, mips, , outside, other] = devices as SimulatedDevice[]
    const id = await deploy(tenant.api, { filter_id, max_devices: 3 })
    const code = async (device: SimulatedDevice, deployment = id) => (await explain(tenant, deployment, device.id)).code

    expect(await explain(tenant, id, outside!.id)).toMatchObject({
      code: 'filter_mismatch',
      failing_terms: [{ scope: 'inventory', attribute: 'foo', type: '$eq', value: 'foo', actual: 'bar' }],
      message: 'The device does not match the filter: inventory/foo is foo, but the device has bar.',
    })
    expect(await code(installed!)).toBe('already_installed')
    expect(await code(mips!)).toBe('no_artifact')
    expect(await explain(tenant, id, fresh!.id)).toMatchObject({
      code: 'waits_for_poll',
      check_in_time: expect.any(String),
    })

    const younger = await deploy(tenant.api, { devices: [fresh!.id] })
    expect(await explain(tenant, younger, fresh!.id)).toMatchObject({ code: 'waits_for_older', deployment_id: id })
    expect(await code(other!, younger)).toBe('not_listed')
    await poll(fresh!)
    expect(await explain(tenant, id, fresh!.id)).toMatchObject({ code: 'counted_in', status: 'pending' })
    expect(await explain(tenant, younger, fresh!.id)).toMatchObject({ code: 'busy', deployment_id: id })

    const pending = newDevice(server, tenant)
    await pending.requestAuth()
    const [waiting] = (await tenant.api.get('/api/management/v2/devauth/devices?status=pending')).body
    expect(await explain(tenant, id, waiting.id)).toMatchObject({
      code: 'not_accepted',
      message: 'The device is waiting to be accepted: accept it first.',
    })
    expect(await explain(tenant, id, 'nobody')).toMatchObject({ code: 'not_accepted' })

    for (const device of [devices[5]!, devices[6]!]) expect((await poll(device)).status).toBe(200)
    expect(await code(devices[8]!)).toBe('limit_reached')
    await tenant.api.put(`${V1}/${id}/status`, { status: 'aborted' })
    expect(await code(devices[8]!)).toBe('deployment_aborted')
  })

  test('of a younger deployment passes over an older one at its device limit, as a poll does', async () => {
    const { tenant, filter_id, devices } = await fleet()
    // All of a type that the release has an artifact for.
    const [first, second, third, fourth] = [1, 3, 6, 10].map((i) => devices[i]!) as [
      ...[SimulatedDevice, SimulatedDevice, SimulatedDevice, SimulatedDevice],
    ]
    const full = await deploy(tenant.api, { filter_id, max_devices: 1 })
    expect((await poll(first)).body).toMatchObject({ id: full })
    const next = await deploy(tenant.api, { filter_id, max_devices: 2, name: 'next' })
    const last = await deploy(tenant.api, { devices: [first.id, second.id] })
    const limit_reached = { code: 'limit_reached', message: 'The deployment has reached its device limit.' }
    expect(await explain(tenant, full, second.id)).toEqual(limit_reached)
    expect(await explain(tenant, next, second.id)).toMatchObject({ code: 'waits_for_poll' })
    expect(await explain(tenant, last, second.id)).toMatchObject({ code: 'waits_for_older', deployment_id: next })
    const summary = async (device: SimulatedDevice) => (await tenant.api.get(`${V2}/devices/${device.id}/summary`)).body
    expect(await summary(second)).toMatchObject({ code: 'next_poll', deployment: { name: 'next' } })
    expect((await poll(second)).body).toMatchObject({ id: next })
    await reportAll([first], full, 'failure')
    expect((await poll(first)).body).toMatchObject({ id: next })

    // A deployment at its own limit waits for nothing.
    const before = await deploy(tenant.api, { devices: [third.id], name: 'before' })
    const younger = await deploy(tenant.api, { filter_id, max_devices: 1 })
    expect((await poll(fourth)).body).toMatchObject({ id: younger })
    expect(await explain(tenant, younger, third.id)).toEqual(limit_reached)
    expect(await summary(third)).toMatchObject({ code: 'next_poll', deployment: { name: 'before' } })
    expect((await poll(third)).body).toMatchObject({ id: before })
    expect(await explain(tenant, younger, third.id)).toEqual(limit_reached)
  })

  test('covers phases, finished deployments and newer ones', async () => {
    const { tenant, filter_id, devices } = await fleet()
    const [, first, second] = devices as SimulatedDevice[]
    const start_ts = '2030-01-01T00:00:00.000Z'
    const phased = await deploy(tenant.api, { filter_id, phases: [{ batch_size: 7 }, { start_ts }] })
    expect((await poll(first!)).status).toBe(200)
    expect(await explain(tenant, phased, second!.id)).toMatchObject({
      code: 'waits_for_phase',
      phase: { start_ts },
      message: expect.stringContaining('phase 2 opens'),
    })

    const listed = await deploy(tenant.api, { devices: [first!.id] })
    await reportAll([first!], phased, 'success')
    expect((await poll(first!, { artifact_name: 'other' })).status).toBe(200)
    await reportAll([first!], listed, 'success')
    expect((await explain(tenant, listed, second!.id)).code).toBe('deployment_finished')
    await tenant.api.put(`${V1}/${phased}/status`, { status: 'aborted' })

    const older = await deploy(tenant.api, { devices: [second!.id, devices[3]!.id], name: 'older' })
    const newer = await deploy(tenant.api, { filter_id: await saveFilter(tenant.api, inventoryTerm('foo', 'newer')) })
    await tenant.api.put(`${V1}/${older}/status`, { status: 'aborted' })
    await devices[3]!.sendInventory({ foo: 'newer' })
    const between = await deploy(tenant.api, { filter_id: await saveFilter(tenant.api, inventoryTerm('foo', 'later')) })
    expect((await poll(devices[3]!)).body).toMatchObject({ id: newer })
    await reportAll([devices[3]!], newer, 'success')
    await devices[3]!.sendInventory({ foo: 'later' })
    const newest = await poll(devices[3]!)
    expect(newest.body).toMatchObject({ id: between })
    await reportAll([devices[3]!], between, 'success')
    await devices[3]!.sendInventory({ foo: 'newer', device_type: 'qemux86-64' })
    expect(await explain(tenant, newer, devices[3]!.id)).toMatchObject({ code: 'counted_in' })
    await tenant.api.delete(`${V1}/devices/${devices[3]!.id}/history`)
    expect(await explain(tenant, newer, devices[3]!.id)).toMatchObject({ code: 'waits_for_poll' })
  })

  test('of an older deployment states that the device finished a newer one', async () => {
    const { tenant, devices } = await fleet()
    const device = devices[1]!
    const older = await deploy(tenant.api, { filter_id: await saveFilter(tenant.api, inventoryTerm('foo', 'later')) })
    const newer = await deploy(tenant.api, { devices: [device.id, 'another'] })
    await poll(device)
    await reportAll([device], newer, 'success')
    await device.sendInventory({ foo: 'later' })
    expect(await explain(tenant, older, device.id)).toMatchObject({
      code: 'newer_deployment_finished',
      deployment_id: newer,
    })
    expect((await poll(device)).status).toBe(204)
  })

  test('is 404 for an unknown deployment and 400 for a malformed id', async () => {
    const { api } = await server.tenant()
    expect(await api.get(`${V2}/00000000-0000-4000-8000-000000000000/devices/x/explain`)).toMatchObject({ status: 404 })
    expect(await api.get(`${V2}/nope/devices/x/explain`)).toMatchObject({ status: 400 })
  })
})
