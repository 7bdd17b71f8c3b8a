import { afterEach, describe, expect, test } from 'vitest'
import type { SimulatedDevice } from '../../src/simulate/simulated-device.ts'
import { uploadTestArtifact } from '../support/artifact.ts'
import { abort, deploy, inventoryTerm, reportAll, saveFilter, show, statistics, V1, V2 } from '../support/deploy.ts'
import { enrol } from '../support/device.ts'
import { listen, synced } from '../support/events.ts'
import { useServer } from '../support/fixtures.ts'
import { expectCountersToEqualRows } from '../support/recount.ts'
import type { TestTenant } from '../support/server.ts'

const factory = { artifact_name: 'factory', device_type: 'qemux86-64' }
const updated = { ...factory, artifact_name: 'release-1' }
const MINUTE = 60_000

const server = useServer()
afterEach(() => expectCountersToEqualRows(server.env.db))

type Scene = { tenant: TestTenant; device: SimulatedDevice; id: string }

async function scene(more: Record<string, unknown> = {}): Promise<Scene> {
  const tenant = await server.tenant()
  await uploadTestArtifact(tenant.api, { name: 'release-1' })
  const [device] = await enrol(server, tenant, 1)
  return { tenant, device: device!, id: await deploy(tenant.api, { devices: [device!.id], ...more }) }
}

const rowOf = async ({ tenant, id }: Scene) => (await tenant.api.get(`${V1}/${id}/devices`)).body[0]

/** Installs up to a status and then loses its state. */
async function interrupt({ device, id }: Scene, status = 'installing', provides = factory) {
  expect(await device.next(provides)).toMatchObject({ status: 200, body: { id } })
  await reportAll([device], id, status)
  server.advance(MINUTE)
}

describe('a device whose report of success was lost', () => {
  test.each(['downloading', 'installing', 'rebooting', 'pause_before_committing'])(
    'while it was %s is offered the same artifact again, and finishes with the status that it reports',
    async (status) => {
      const found = await scene()
      const { tenant, device, id } = found
      await interrupt(found, status)
      for (const call of ['get', 'post', 'post_v2'] as const)
        expect(await device.next(updated, call)).toMatchObject({ status: 200, body: { id } })
      expect(await rowOf(found)).toMatchObject({ status, attempts: 1 })
      await reportAll([device], id, 'already-installed')
      expect(await statistics(tenant.api, id)).toEqual({ 'already-installed': 1 })
      expect(await show(tenant.api, id)).toMatchObject({ status: 'finished' })
      expect(await device.next(updated)).toMatchObject({ status: 204 })
    },
  )

  test('and whose software versions show the release has not started over', async () => {
    const tenant = await server.tenant()
    const payloads = [{ files: { 'a.sh': 'x' }, provides: { 'app.version': '2' } }]
    await uploadTestArtifact(tenant.api, { name: 'release-1', payloads })
    const [device] = await enrol(server, tenant, 1)
    const id = await deploy(tenant.api, { devices: [device!.id] })
    const before = { ...factory, 'app.version': '1' }
    expect(await device!.next(before, 'post')).toMatchObject({ status: 200 })
    await reportAll([device!], id, 'installing')
    server.advance(MINUTE)
    expect(await device!.next({ ...before, 'app.version': '2' }, 'post')).toMatchObject({ status: 200, body: { id } })
    await reportAll([device!], id, 'success')
    expect(await statistics(tenant.api, id)).toEqual({ success: 1 })
  })

  test('and all reports before it, finishes as already-installed with its next poll', async () => {
    const { tenant, device, id } = await scene()
    expect(await device.next(factory)).toMatchObject({ status: 200 })
    expect(await device.next(updated)).toMatchObject({ status: 204 })
    expect(await statistics(tenant.api, id)).toEqual({ 'already-installed': 1 })
    await reportAll([device], id, 'success')
    expect(await statistics(tenant.api, id)).toEqual({ success: 1 })
  })

  test('of a forced release that it already had counts as a device that started over', async () => {
    const found = await scene({ force_installation: true })
    await interrupt(found, 'installing', updated)
    expect(await found.device.next(updated)).toMatchObject({ status: 204 })
    expect(await rowOf(found)).toMatchObject({ status: 'failure', substate: 'started over' })
  })
})

describe('a device that starts over in the middle of installing', () => {
  test.each([
    'installing',
    'rebooting',
    'pause_before_installing',
    'pause_before_rebooting',
    'pause_before_committing',
  ])('from %s fails after retries + 1 attempts, and is offered the next deployment', async (status) => {
    const found = await scene({ retries: 2 })
    const { tenant, device, id } = found
    for (let attempt = 1; attempt <= 3; attempt++) {
      await interrupt(found, status)
      expect(await rowOf(found)).toMatchObject({ status, attempts: attempt })
    }
    const next = await deploy(tenant.api, { devices: [device.id] })
    expect(await device.next(factory)).toMatchObject({ status: 200, body: { id: next } })
    expect(await rowOf(found)).toMatchObject({ status: 'failure', substate: 'started over', attempts: 3 })
    expect(await statistics(tenant.api, id)).toEqual({ failure: 1 })
    expect(await show(tenant.api, id)).toMatchObject({ status: 'finished' })
    expect((await tenant.api.get(`${V2}/${id}/devices/${device.id}/explain`)).body).toMatchObject({
      message: expect.stringContaining('started over'),
    })
  })

  test('uses one attempt, however often it polls before it reports', async () => {
    const found = await scene({ retries: 1 })
    await interrupt(found)
    for (let i = 0; i < 3; i++) {
      expect(await found.device.next(factory)).toMatchObject({ status: 200, body: { id: found.id } })
      server.advance(MINUTE)
    }
    expect(await rowOf(found)).toMatchObject({ status: 'pending', attempts: 2 })
  })

  test('does not include one that repeats its poll, or that lost the network while downloading', async () => {
    const found = await scene()
    const { device, id } = found
    for (let i = 0; i < 3; i++) await interrupt(found, 'downloading')
    expect(await rowOf(found)).toMatchObject({ status: 'downloading', attempts: 1 })

    const other = await scene()
    expect(await other.device.next(factory)).toMatchObject({ status: 200 })
    await reportAll([other.device], other.id, 'installing')
    expect(await other.device.next(factory)).toMatchObject({ status: 200 })
    expect(await rowOf(other)).toMatchObject({ status: 'installing', attempts: 1 })
    await reportAll([device], id, 'success')
  })

  test('is offered the artifact that currently fits', async () => {
    const found = await scene({ retries: 1 })
    const arm = await uploadTestArtifact(found.tenant.api, { name: 'release-1', device_types: ['arm1'] })
    await interrupt(found)
    expect(await found.device.next({ ...factory, device_type: 'arm1' })).toMatchObject({
      body: { id: found.id, artifact: { id: arm } },
    })
  })

  test('polls many times at once and uses one attempt', async () => {
    const found = await scene({ retries: 3 })
    await interrupt(found)
    const responses = await Promise.all(Array.from({ length: 20 }, () => found.device.next(factory)))
    expect(responses.map(({ status }) => status)).toEqual(Array(20).fill(200))
    expect(await rowOf(found)).toMatchObject({ status: 'pending', attempts: 2 })
  })
})

describe('a failure that the server inferred', () => {
  async function inferredFailure(more: Record<string, unknown> = {}) {
    const found = await scene(more)
    await interrupt(found)
    expect(await found.device.next(factory)).toMatchObject({ status: 204 })
    expect(await statistics(found.tenant.api, found.id)).toEqual({ failure: 1 })
    return found
  }

  test.each(['success', 'failure', 'already-installed'])(
    'is replaced by a later report of %s, once',
    async (status) => {
      const found = await inferredFailure()
      const { tenant, device, id } = found
      const { finished } = await show(tenant.api, id)
      server.advance(MINUTE)
      await reportAll([device], id, status)
      const corrected = await rowOf(found)
      expect(corrected).toMatchObject({ status, attempts: 1 })
      expect(corrected).not.toHaveProperty('substate')
      expect(Date.parse(corrected.finished)).toBeGreaterThan(Date.parse(finished))
      expect(await show(tenant.api, id)).toMatchObject({ status: 'finished', finished })
      await reportAll([device], id, status === 'failure' ? 'success' : 'failure')
      expect(await statistics(tenant.api, id)).toEqual({ [status]: 1 })
    },
  )

  test('stays if the device reports progress, and its log is kept', async () => {
    const found = await inferredFailure()
    await reportAll([found.device], found.id, 'installing')
    expect(await found.device.sendLog(found.id, ['no space left'])).toMatchObject({ status: 204 })
    expect(await rowOf(found)).toMatchObject({ status: 'failure', substate: 'started over', log: true })
  })

  test('is corrected in its phase and the event stream too, without effect on the next deployment', async () => {
    const found = await scene()
    const { tenant, device } = found
    await abort(tenant.api, found.id)
    const filter_id = await saveFilter(tenant.api, inventoryTerm('device_type', 'qemux86-64'))
    const phased = { ...found, id: await deploy(tenant.api, { filter_id, phases: [{ batch_size: 100 }] }) }
    await interrupt(phased)
    const next = await deploy(tenant.api, { devices: [device.id] })
    expect(await device.next(factory)).toMatchObject({ body: { id: next } })
    await reportAll([device], next, 'installing')
    await using events = await listen(tenant.api)
    await synced(events)
    await reportAll([device], phased.id, 'success')
    const counted = () => events.state(phased.id)?.statistics.status
    await events.until(() => counted()?.success === 1 && counted()?.failure === 0)
    const { phases } = await show(tenant.api, phased.id)
    expect(phases[0].statistics.status).toMatchObject({ failure: 0, success: 1 })
    expect(await statistics(tenant.api, next)).toEqual({ installing: 1 })
    await reportAll([device], next, 'success')
    expect(await device.next(updated)).toMatchObject({ status: 204 })
  })

  test('does not replace an earlier abort by a user', async () => {
    const found = await scene()
    await interrupt(found)
    await abort(found.tenant.api, found.id)
    expect(await found.device.next(factory)).toMatchObject({ status: 204 })
    expect(await found.device.report(found.id, 'success')).toMatchObject({ status: 409 })
    expect(await statistics(found.tenant.api, found.id)).toEqual({ aborted: 1 })
  })
})
