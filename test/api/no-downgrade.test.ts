import { afterEach, describe, expect, test } from 'vitest'
import type { SimulatedDevice } from '../../src/simulate/simulated-device.ts'
import { uploadTestArtifact } from '../support/artifact.ts'
import { enrolDdi, gatewayOf, linksOf } from '../support/ddi.ts'
import { deploy, poll, reportAll, show, statistics, V1, V2 } from '../support/deploy.ts'
import { enrol } from '../support/device.ts'
import { useServer } from '../support/fixtures.ts'
import { expectCountersToEqualRows } from '../support/recount.ts'
import { explain, offer, offerNothing } from '../support/rollouts.ts'

const server = useServer()
afterEach(() => expectCountersToEqualRows(server.env.db))

/** A tenant with the release gateway-2.4.0, and a device for each of the names. */
async function fleetOf(...names: string[]) {
  const tenant = await server.tenant()
  await uploadTestArtifact(tenant.api, { name: 'gateway-2.4.0' })
  const devices = await enrol(server, tenant, names.length, (i) => ({
    ...{ device_type: 'qemux86-64', artifact_name: names[i]! },
  }))
  return { tenant, api: tenant.api, devices, ids: devices.map(({ id }) => id) }
}

const RELEASE = { artifact_name: 'gateway-2.4.0', no_downgrade: true }
const REASON = 'no downgrade: the device has gateway-2.5.0, the release has gateway-2.4.0 (artifact_name)'

describe('a deployment without downgrades', () => {
  test('is offered to devices with an older version, or with none to compare', async () => {
    const { api, devices, ids } = await fleetOf('gateway-2.3.0', 'gateway-2.5.0', 'gateway-2.4.0', 'factory')
    const [older, newer, same, factory] = devices as [
      SimulatedDevice,
      SimulatedDevice,
      SimulatedDevice,
      SimulatedDevice,
    ]
    const { body: preview } = await api.post(`${V2}/preview`, { name: 'all', devices: ids, ...RELEASE })
    expect(preview).toMatchObject({
      ...{ device_count: 4, noartifact: 1, downgrade: 1, version_unknown: 1, already_installed: 1 },
      ...{ artifacts: [{ device_count: 2 }], no_downgrade: true },
    })
    const id = await deploy(api, { devices: ids, ...RELEASE })
    expect(await explain(api, id, newer)).toEqual({
      code: 'downgrade',
      message: `The device is not updated: ${REASON}. The deployment will end for it at its next poll.`,
    })
    for (const device of [older, factory])
      expect(await explain(api, id, device)).toMatchObject({ code: 'waits_for_poll' })
    await offer([older], id, { artifact_name: 'gateway-2.3.0' })
    await offerNothing([newer], { artifact_name: 'gateway-2.5.0' })
    await offerNothing([same], { artifact_name: 'gateway-2.4.0' })
    await offer([factory], id, { artifact_name: 'factory' })
    expect(await statistics(api, id)).toEqual({ pending: 2, noartifact: 1, 'already-installed': 1 })
    expect(await explain(api, id, newer)).toEqual({
      ...{ code: 'counted_in', status: 'noartifact' },
      message: `Assigned · not updated: ${REASON}`,
    })
    const { body: listed } = await api.get(`${V1}/${id}/devices`)
    expect(listed.find((one: { id: string }) => one.id === newer.id)).toMatchObject({
      status: 'noartifact',
      substate: REASON,
    })
    const { body: summary } = await api.get(`${V2}/devices/${newer.id}/summary`)
    expect(summary).toMatchObject({ code: 'downgrade', message: `Not updated in production: ${REASON}.` })
    expect(await show(api, id)).toMatchObject({ no_downgrade: true })
  })

  test('decides by what a device provides at its poll, not by its inventory', async () => {
    const { api, devices, ids } = await fleetOf('gateway-2.5.0', 'gateway-2.3.0')
    const id = await deploy(api, { devices: ids, ...RELEASE })
    await offer(devices.slice(0, 1), id, { artifact_name: 'gateway-2.3.0' })
    await offerNothing(devices.slice(1), { artifact_name: 'gateway-2.5.0' })
    expect(await statistics(api, id)).toEqual({ pending: 1, noartifact: 1 })
  })

  test('leaves a device that has become newer before its next attempt', async () => {
    const { api, devices, ids } = await fleetOf('gateway-2.3.0')
    const id = await deploy(api, { devices: ids, retries: 2, ...RELEASE })
    await offer(devices, id, { artifact_name: 'gateway-2.3.0' })
    await reportAll(devices, id, 'failure')
    await offerNothing(devices, { artifact_name: 'gateway-2.5.0' })
    expect(await explain(api, id, devices[0]!)).toMatchObject({
      ...{ status: 'noartifact', message: expect.stringContaining(REASON) },
    })
    expect(await show(api, id)).toMatchObject({ status: 'finished' })
  })

  test('compares software versions rather than names, and also if the installation is forced', async () => {
    const tenant = await server.tenant()
    await uploadTestArtifact(tenant.api, { name: '9', provides: { 'rootfs-image.version': '2.4.0' } })
    const [device] = await enrol(server, tenant, 1)
    const rules = { artifact_name: '9', no_downgrade: true, force_installation: true }
    const id = await deploy(tenant.api, { devices: [device!.id], ...rules })
    const provides = { artifact_name: '8', device_type: 'qemux86-64', 'rootfs-image.version': '2.4.1' }
    expect(await device!.next(provides, 'post')).toMatchObject({ status: 204 })
    expect(await explain(tenant.api, id, device!)).toMatchObject({
      message:
        'Assigned · not updated: no downgrade: the device has 2.4.1, the release has 2.4.0 (rootfs-image.version)',
    })
  })

  test('leaves out a DDI device by the name of its software', async () => {
    const { tenant, api } = await fleetOf()
    const form = new FormData()
    const parts = { name: 'gateway-2.4.0', device_types_compatible: 'press', version: '1' }
    for (const [name, value] of Object.entries(parts)) form.append(name, value)
    form.append('artifact', new Blob(['an image']), 'image.bin')
    expect(await api.post('/api/management/v1/deployments/artifacts', form)).toMatchObject({ status: 201 })
    const authorization = await gatewayOf(tenant)
    const data = { device_type: 'press', artifact_name: 'gateway-2.5.0' }
    const device = await enrolDdi(server, tenant, { authorization, data })
    const id = await deploy(api, { devices: [device.id], ...RELEASE })
    expect(await linksOf(device)).not.toHaveProperty('deploymentBase')
    expect(await statistics(api, id)).toEqual({ noartifact: 1 })
  })

  test('does not need attention for what it leaves out on purpose', async () => {
    const { api, devices, ids } = await fleetOf('gateway-2.5.0', 'gateway-2.5.0', 'gateway-2.3.0')
    const newer = { artifact_name: 'gateway-2.5.0' }
    await deploy(api, { devices: ids, ...RELEASE })
    await offerNothing(devices.slice(0, 2), newer)
    expect((await api.get('/api/management/v2/deployments/overview')).body.troubles).toEqual([])
  })

  test('with a release that has no version to compare is refused, and in a preview', async () => {
    const { api, ids } = await fleetOf('gateway-2.5.0')
    await uploadTestArtifact(api, { name: 'summer' })
    const body = { name: 'all', devices: ids, artifact_name: 'summer', no_downgrade: true }
    for (const path of [V1, `${V2}/preview`])
      expect(await api.post(path, body)).toMatchObject({
        status: 422,
        body: { code: 'release_without_version', field: 'no_downgrade', error: expect.stringContaining('qemux86-64') },
      })
    expect(await api.post(V1, { ...body, no_downgrade: false })).toMatchObject({ status: 201 })
  })

  test('takes the rule from a recipe, and its rollback goes back all the same', async () => {
    const { api, devices, ids } = await fleetOf('gateway-2.3.0')
    await uploadTestArtifact(api, { name: 'gateway-2.3.0' })
    expect(await api.put('/api/management/v2/deployments/recipes/forward', { no_downgrade: true })).toMatchObject({
      status: 204,
    })
    const id = await deploy(api, { devices: ids, artifact_name: 'gateway-2.4.0', recipe: 'forward' })
    expect(await show(api, id)).toMatchObject({ no_downgrade: true })
    await offer(devices, id, { artifact_name: 'gateway-2.3.0' })
    await reportAll(devices, id, 'success')
    const back = await api.post(`${V2}/${id}/rollback`, { artifact_name: 'gateway-2.3.0' })
    expect(back).toMatchObject({ status: 201 })
    expect(await poll(devices[0]!, { artifact_name: 'gateway-2.4.0' })).toMatchObject({ status: 200 })
  })
})
