import { afterEach, describe, expect, test } from 'vitest'
import type { SimulatedDevice } from '../../src/simulate/simulated-device.ts'
import { type Api, openApi } from '../support/api.ts'
import { uploadTestArtifact } from '../support/artifact.ts'
import { deploy, poll, reportAll, show, statistics, V1 } from '../support/deploy.ts'
import { enrol } from '../support/device.ts'
import { useServer } from '../support/fixtures.ts'
import { expectCountersToEqualRows } from '../support/recount.ts'
import type { TestTenant } from '../support/server.ts'

const NOWHERE = '00000000-0000-4000-8000-000000000000'
const DEVICE_V1 = '/api/devices/v1/deployments/device/deployments'
const DEVICE_V2 = '/api/devices/v2/deployments/device/deployments'
const factory = { artifact_name: 'factory', device_type: 'qemux86-64' }

const server = useServer()
afterEach(() => expectCountersToEqualRows(server.env.db))

type Scene = { tenant: TestTenant; device: SimulatedDevice; api: Api; id: string }

/** One device with a pending deployment; `api` calls as the device. */
async function scene(
  more: Record<string, unknown> = {},
  release: Parameters<typeof uploadTestArtifact>[1] = {},
): Promise<Scene> {
  const tenant = await server.tenant()
  await uploadTestArtifact(tenant.api, { name: 'release-1', ...release })
  const [device] = await enrol(server, tenant, 1)
  const id = await deploy(tenant.api, { devices: [device!.id], ...more })
  return { tenant, device: device!, api: openApi(server.url, device!.token), id }
}

describe('next', () => {
  test('returns the same in its three forms, with a link that downloads the file', async () => {
    const { device, id, tenant } = await scene()
    const deviceProvides = { artifact_name: 'factory', device_type: 'qemux86-64' }
    for (const call of ['post_v2', 'post', 'get'] as const) {
      const { status, body } = await device.next(deviceProvides, call)
      expect(status).toBe(200)
      expect(body).toMatchObject({
        ...{ id, type: 'software' },
        artifact: { artifact_name: 'release-1', device_types_compatible: ['qemux86-64'], source: { method: 'GET' } },
      })
      const lifetime = Date.parse(body.artifact.source.expire) - server.env.now().getTime()
      expect(Math.abs(lifetime - 24 * 3600_000)).toBeLessThan(60_000)
      const download = await fetch(body.artifact.source.uri)
      expect(download.status).toBe(200)
      expect(download.headers.get('content-length')).toBe(String((await download.arrayBuffer()).byteLength))
    }
    expect(await show(tenant.api, id)).toMatchObject({ device_count: 1, status: 'pending' })
  })

  test.each<[string, string, unknown, string]>([
    ['GET', '?artifact_name=a', undefined, 'device_type: cannot be blank.'],
    ['GET', '?artifact_name=&device_type=b', undefined, 'artifact_name: cannot be blank.'],
    ['GET', `?artifact_name=${'a'.repeat(4097)}&device_type=b`, undefined, 'artifact_name'],
    ['POST', '', {}, 'artifact_name: cannot be blank.'],
    ['POST', '', { artifact_name: 1, device_type: 'b' }, 'artifact_name: must be a string'],
    ['POST', '', { artifact_name: 'a', device_type: 'b', checksum: { a: 1 } }, 'checksum: must be a string'],
    ['POST', '', [], 'must be object'],
    ['POST', '', undefined, 'must be object'],
  ])('rejects %s %.40s %j', async (method, query, body, error) => {
    const { api } = await scene()
    const response =
      method === 'GET' ? await api.get(`${DEVICE_V1}/next${query}`) : await api.post(`${DEVICE_V1}/next`, body)
    expect(response).toMatchObject({ status: 400, body: { error: expect.stringContaining(error) } })
  })

  test('accepts provides of up to 64 KiB, and rejects more with a message', async () => {
    const { api, id } = await scene()
    const keys = (n: number) =>
      Object.fromEntries(Array.from({ length: n }, (_, i) => [`rootfs.${i}`, 'x'.repeat(1000)]))
    expect(await api.post(`${DEVICE_V1}/next`, { ...factory, ...keys(66) })).toMatchObject({
      status: 400,
      body: { error: 'What a device provides must be at most 65536 characters as JSON.' },
    })
    expect(await api.post(`${DEVICE_V1}/next`, { ...factory, ...keys(60) })).toMatchObject({
      status: 200,
      body: { id },
    })
  })

  test('is 401 without a token, with a malformed one and with that of a rejected device', async () => {
    const { tenant, device, api } = await scene()
    const path = `${DEVICE_V1}/next?artifact_name=a&device_type=b`
    expect(await openApi(server.url).get(path)).toMatchObject({ status: 401 })
    expect(await openApi(server.url, `${device.token}x`).get(path)).toMatchObject({ status: 401 })
    expect(await openApi(server.url, tenant.api.token).get(path)).toMatchObject({ status: 401 })
    const { auth_sets } = (await tenant.api.get(`/api/management/v2/devauth/devices/${device.id}`)).body
    await tenant.api.put(`/api/management/v2/devauth/devices/${device.id}/auth/${auth_sets[0].id}/status`, {
      status: 'rejected',
    })
    expect(await api.get(path)).toMatchObject({ status: 401 })
  })

  test('selects again for changed provides of a pending device, and never fails a device that installs', async () => {
    const { tenant, device, id } = await scene()
    const arm = await uploadTestArtifact(tenant.api, { name: 'release-1', device_types: ['arm1'] })
    await device.next(factory)
    expect((await device.next({ ...factory, device_type: 'arm1' })).body.artifact.id).toBe(arm)
    await device.report(id, 'installing')
    for (const provides of [factory, { artifact_name: 'other', device_type: 'arm1' }, { ...factory, device_type: 'x' }])
      for (const call of ['get', 'post', 'post_v2'] as const)
        expect(await device.next(provides, call)).toMatchObject({ status: 200, body: { id, artifact: { id: arm } } })
    expect(await statistics(tenant.api, id)).toEqual({ installing: 1 })
  })

  test('selects the artifact by its depends, in the enterprise plan', async () => {
    const { tenant, device, id } = await scene({}, { depends: { artifact_name: ['base-1', 'base-2'] } })
    expect(await device.next({ ...factory, artifact_name: 'base-2' }, 'post')).toMatchObject({ status: 200 })
    expect((await device.next(factory, 'post')).status).toBe(204)
    expect(await statistics(tenant.api, id)).toEqual({ noartifact: 1 })
  })
})

describe('a report', () => {
  test.each([
    [{ status: 'pending' }, 'status'],
    [{ status: 'aborted' }, 'status'],
    [{ status: 'noartifact' }, 'status'],
    [{ status: 'foo' }, 'status'],
    [{}, 'status: cannot be blank'],
    [{ status: 'installing', substate: 'x'.repeat(201) }, 'substate'],
    [{ status: 'installing', substate: 5 }, 'substate'],
  ])('%j is rejected', async (body, error) => {
    const { api, device, id, tenant } = await scene()
    await poll(device)
    expect(await api.put(`${DEVICE_V1}/${id}/status`, body)).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining(error) },
    })
    expect(await statistics(tenant.api, id)).toEqual({ pending: 1 })
  })

  test('on a deployment that the device is not assigned to is 404', async () => {
    const { device, id } = await scene()
    expect(await device.report(id, 'installing')).toMatchObject({ status: 404 })
    expect(await device.report(NOWHERE, 'installing')).toMatchObject({ status: 404 })
    expect(await device.report('nope', 'installing')).toMatchObject({
      status: 404,
      body: { error: 'Resource not found' },
    })
  })

  test('repeated or late changes nothing', async () => {
    const { tenant, device, id } = await scene()
    await poll(device)
    await reportAll([device, device], id, 'installing')
    expect(await statistics(tenant.api, id)).toEqual({ installing: 1 })
    await reportAll([device, device], id, 'success')
    const finished = await show(tenant.api, id)
    await reportAll([device], id, 'failure')
    await reportAll([device], id, 'downloading')
    expect(await show(tenant.api, id)).toEqual(finished)
  })
})

test('a device that states the release as its current one finishes as already-installed', async () => {
  const { tenant, device, id } = await scene()
  await poll(device)
  await reportAll([device], id, 'already-installed')
  expect(await statistics(tenant.api, id)).toEqual({ 'already-installed': 1 })
  expect(await show(tenant.api, id)).toMatchObject({ status: 'finished', statistics: { total_size: 0 } })
})

describe('a log', () => {
  test('is stored, replaced by the next one, and returned as text', async () => {
    const { tenant, api, device, id } = await scene()
    await poll(device)
    await device.report(id, 'failure')
    const message = (text: string) => ({
      messages: [{ timestamp: '2026-01-01T00:00:00Z', level: 'info', message: text }],
    })
    expect(await api.put(`${DEVICE_V1}/${id}/log`, message('first'))).toMatchObject({ status: 204 })
    expect(await api.put(`${DEVICE_V1}/${id}/log`, message('second'))).toMatchObject({ status: 204 })
    const log = await tenant.api.get(`${V1}/${id}/devices/${device.id}/log`)
    expect(log.headers.get('content-type')).toContain('text/plain')
    expect(log.text).toBe('2026-01-01T00:00:00Z info: second\n')
    expect((await tenant.api.get(`${V1}/${id}/devices`)).body).toMatchObject([{ log: true }])
  })

  test('without messages, without members, or for another deployment is rejected', async () => {
    const { api, device, id } = await scene()
    await poll(device)
    const messages = [{ timestamp: 't', level: 'l', message: 'm' }]
    expect(await api.put(`${DEVICE_V1}/${id}/log`, { messages: [] })).toMatchObject({
      status: 400,
      body: { error: 'invalid deployment log: no messages' },
    })
    expect(await api.put(`${DEVICE_V1}/${id}/log`, { messages: [{ level: 'l' }] })).toMatchObject({ status: 400 })
    expect(await api.put(`${DEVICE_V1}/${NOWHERE}/log`, { messages })).toMatchObject({
      status: 404,
      body: { error: 'Deployment not found' },
    })
  })
})

test('an update control map is sent to devices that request it, and changes and ends with the deployment', async () => {
  const states = { ArtifactInstall_Enter: { action: 'pause' } }
  const { tenant, device, api, id } = await scene({ update_control_map: { states } })
  expect((await device.next(factory, 'get')).body).not.toHaveProperty('update_control_map')
  expect((await device.next(factory, 'post_v2')).body).toMatchObject({ update_control_map: { id, states } })
  expect((await api.get(`${DEVICE_V2}/${id}/update_control_map`)).body).toMatchObject({
    update_control_map: { states },
  })

  expect(await tenant.api.patch(`${V1}/${id}`, { update_control_map: { states: {} } })).toMatchObject({ status: 204 })
  expect((await device.next(factory, 'post_v2')).body).toMatchObject({ update_control_map: { states: {} } })
  await tenant.api.put(`${V1}/${id}/status`, { status: 'aborted' })
  expect(await api.get(`${DEVICE_V2}/${id}/update_control_map`)).toMatchObject({ status: 404 })
  expect(await tenant.api.patch(`${V1}/${id}`, { update_control_map: null })).toMatchObject({ status: 409 })
})
