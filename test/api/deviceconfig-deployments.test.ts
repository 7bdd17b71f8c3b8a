import { Readable } from 'node:stream'
import { beforeEach, describe, expect, test } from 'vitest'
import { readArtifact } from '../../src/artifacts/read-artifact.ts'
import { sql } from '../../src/db/sql.ts'
import { pruneHistory } from '../../src/deployments/upkeep/prune-history.ts'
import { runUpdate } from '../../src/simulate/run-update.ts'
import type { SimulatedDevice } from '../../src/simulate/simulated-device.ts'
import { uploadTestArtifact } from '../support/artifact.ts'
import { configPath, deployConfig, readConfig, setConfig } from '../support/configuration.ts'
import { abort, deploy, poll, show, statistics, V1, V2 } from '../support/deploy.ts'
import { enrol } from '../support/device.ts'
import { useServer } from '../support/fixtures.ts'
import { integrate, startReceiver } from '../support/receiver.ts'
import { expectCountersToEqualRows } from '../support/recount.ts'
import type { TestTenant } from '../support/server.ts'
import { eventsOf } from '../support/users.ts'

const server = useServer({ environment: { MUSTER_WEBHOOK_ALLOW: 'loopback' } })
let tenant: TestTenant
let device: SimulatedDevice
let other: SimulatedDevice

beforeEach(async () => {
  tenant = await server.tenant()
  ;[device, other] = (await enrol(server, tenant, 2)) as [SimulatedDevice, SimulatedDevice]
  await setConfig(tenant.api, device, { timezone: 'Europe/Oslo', key: 'ab' })
})

const explain = async (id: string, { id: device_id } = device) =>
  (await tenant.api.get(`${V2}/${id}/devices/${device_id}/explain`)).body
const summary = async () => (await tenant.api.get(`${V2}/devices/${device.id}/summary`)).body
const itemOf = async (id: string) => (await tenant.api.get(`${V1}/${id}/devices/list`)).body[0]

async function download(uri: string, headers: Record<string, string> = {}) {
  const response = await fetch(uri, { headers })
  return { status: response.status, headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) }
}

describe('a deployment of a configuration', () => {
  test('that replaces one is created once for a key, and is the one that a repetition returns', async () => {
    const first = await deployConfig(tenant.api, device)
    const deployWithKey = () => tenant.api.post(`${configPath(device)}/deploy`, {}, { 'idempotency-key': 'k' })
    const { status, body } = await deployWithKey()
    expect([status, body.deployment_id]).not.toEqual([200, first])
    expect(await deployWithKey()).toMatchObject({ status: 200, body })
    expect(await readConfig(tenant.api, device)).toMatchObject(body)
    const { body: deployments } = await tenant.api.get(`${V1}?per_page=100`)
    const ids = deployments.map(({ id }: { id: string }) => id)
    expect(ids.sort()).toEqual([first, body.deployment_id].sort())
  })

  test('is offered to its device alone, by a link that needs no login, as an artifact for mender-configure', async () => {
    const id = await deployConfig(tenant.api, device)
    expect(await readConfig(tenant.api, device)).toMatchObject({ deployment_id: id })
    expect((await poll(other)).status).toBe(204)
    const name = `configuration-${id}`
    const offer = await poll(device, { device_type: 'rpi/4 ü' })
    const source = { uri: expect.any(String), expire: expect.stringMatching(/Z$/), method: 'GET' }
    expect(offer).toMatchObject({ status: 200 })
    expect(offer.body).toEqual({
      ...{ id, type: 'configuration' },
      artifact: { id: id + device.id, artifact_name: name, source, device_types_compatible: ['rpi/4 ü'] },
    })
    const { uri } = offer.body.artifact.source
    expect(uri).toContain(`/api/devices/v1/deployments/download/configuration/${id}/rpi%2F4%20%C3%BC/${device.id}?`)
    const { status, headers, bytes } = await download(uri)
    expect([status, headers.get('content-type')]).toEqual([200, 'application/vnd.mender-artifact'])
    expect(headers.get('content-length')).toBe(String(bytes.length))
    const content = await readArtifact(Readable.from([bytes]))
    expect(content).toMatchObject({
      ...{ name, device_types_compatible: ['rpi/4 ü'], info: { format: 'mender', version: 3 }, signed: false },
      artifact_provides: { artifact_name: name, 'data-partition.mender-configure.version': name },
      clears_artifact_provides: ['data-partition.mender-configure.*'],
      updates: [
        {
          ...{ type_info: { type: 'mender-configure' }, files: [] },
          metadata: { timezone: 'Europe/Oslo', key: 'ab' },
        },
      ],
    })
    // The same bytes each time, so that a download can be continued.
    const etag = headers.get('etag') ?? ''
    const rest = await download(uri, { range: 'bytes=1000-', 'if-range': etag })
    expect([rest.status, rest.bytes.equals(bytes.subarray(1000))]).toEqual([206, true])
    expect((await itemOf(id)).image).toEqual({ id, name, size: bytes.length })
    expect(await poll(device, { device_type: 'rpi/4 ü' })).toMatchObject({ status: 200, body: { id } })
  })

  test('has a link that holds for nothing else, and for a day', async () => {
    await deployConfig(tenant.api, device)
    const { uri } = (await poll(device)).body.artifact.source
    const parameters = new URL(uri).searchParams
    const signature = parameters.get('x-men-signature') ?? ''
    const refused = [
      uri.replace(device.id, other.id),
      uri.replace('qemux86-64', 'other'),
      uri.replace(tenant.tenant_id, (await server.tenant()).tenant_id),
      uri.replace(signature, 'mftJRzBafnvMXhmMBH3THQertiEk0dZKP075bjBKccc'),
      uri.replace('x-men-signature', 'signature'),
      uri.replace('x-men-expire', 'expire'),
      uri.replace(/x-men-expire=[^&]*/, 'x-men-expire=2100-01-01T00%3A00%3A00.000Z'),
    ]
    for (const changed of refused) expect([changed, (await download(changed)).status]).toEqual([changed, 403])
    server.advance(24 * 3_600_000 + 2000)
    expect((await download(uri)).status).toBe(403)
  })

  test('deploys the configuration as it was when it was deployed', async () => {
    await deployConfig(tenant.api, device)
    await setConfig(tenant.api, device, { timezone: 'UTC' })
    const { uri } = (await poll(device)).body.artifact.source
    const { updates } = await readArtifact(Readable.from([(await download(uri)).bytes]))
    expect(updates[0]?.metadata).toEqual({ timezone: 'Europe/Oslo', key: 'ab' })
  })

  test('may be empty', async () => {
    const id = await deployConfig(tenant.api, other)
    const { uri } = (await poll(other)).body.artifact.source
    const { updates } = await readArtifact(Readable.from([(await download(uri)).bytes]))
    expect([updates[0]?.metadata, (await show(tenant.api, id)).configuration]).toEqual([{}, expect.any(String)])
  })

  test('is counted, explained and summarized like any other, until it is finished', async () => {
    const id = await deployConfig(tenant.api, device)
    expect(await explain(id)).toMatchObject({ code: 'waits_for_poll' })
    expect(await explain(id, other)).toMatchObject({ code: 'not_listed' })
    expect(await summary()).toMatchObject({ code: 'next_poll', deployment: { id, type: 'configuration' } })
    expect((await summary()).message).toMatch(/^At its next poll, its configuration is offered in Configuration of/)
    await poll(device)
    expect((await summary()).message).toMatch(/^Offered its configuration in Configuration of .*\.$/)
    await device.report(id, 'downloading')
    await device.report(id, 'installing')
    expect(await statistics(tenant.api, id)).toEqual({ installing: 1 })
    expect(await explain(id)).toMatchObject({ code: 'counted_in', status: 'installing' })
    await device.report(id, 'success')
    expect(await show(tenant.api, id)).toMatchObject({ status: 'finished', device_count: 1, max_devices: 1 })
    expect(await statistics(tenant.api, id)).toEqual({ success: 1 })
    expect(await summary()).toMatchObject({
      ...{ code: 'up_to_date', message: 'Has installed the configuration that was deployed.' },
    })
    expect((await poll(device)).status).toBe(204)
    const { body: history } = await tenant.api.get(`${V1}/devices/${device.id}`)
    expect(history).toMatchObject([{ deployment: { id, type: 'configuration' }, device: { status: 'success' } }])
    await expectCountersToEqualRows(server.env.db)
  })

  test('has the name of the device, its group, and the beginnings of its values, in the form that Mender has', async () => {
    await tenant.api.put(`/api/management/v1/inventory/devices/${device.id}/tags`, [{ name: 'name', value: 'pump-7' }])
    await tenant.api.put(`/api/management/v1/inventory/devices/${device.id}/group`, { group: 'north' })
    await setConfig(tenant.api, device, { password: 'käse', key: 'ab', empty: '', three: 'äöü' })
    const id = await deployConfig(tenant.api, device)
    const shown = await show(tenant.api, id)
    expect(shown).toMatchObject({
      ...{ name: 'Configuration of pump-7', artifact_name: `configuration-${id}`, type: 'configuration' },
      ...{ groups: ['north'], artifacts: [], dynamic: false, initial_device_count: 1, status: 'pending' },
      created_by: { email: tenant.email },
    })
    expect(JSON.parse(atob(shown.configuration))).toEqual({
      ...{ password: 'käs...<omitted>', key: 'ab', empty: '', three: 'äöü' },
    })
    const typed = async (type: string) => (await tenant.api.get(`${V1}?type=${type}`)).body
    await uploadTestArtifact(tenant.api, { name: 'release-1' })
    const software = await deploy(tenant.api, { devices: [other.id] })
    expect(await typed('configuration')).toMatchObject([{ id }])
    expect(await typed('software')).toMatchObject([{ id: software }])
    expect((await typed('software'))[0]).not.toHaveProperty('configuration')
  })

  test('comes after an older deployment, and then is not forgotten', async () => {
    await uploadTestArtifact(tenant.api, { name: 'release-1' })
    const software = await deploy(tenant.api, { devices: [device.id] })
    const id = await deployConfig(tenant.api, device)
    expect(await explain(id)).toMatchObject({ code: 'waits_for_older', deployment_id: software })
    expect((await poll(device)).body).toMatchObject({ id: software, type: 'software' })
    await device.report(software, 'success')
    expect((await poll(device)).body).toMatchObject({ id, type: 'configuration' })
  })

  test('waits for a device that is not accepted, or pinned', async () => {
    expect(await tenant.api.put(`${V2}/devices/${device.id}/pin`, { reason: 'on the stand' })).toMatchObject({
      status: 204,
    })
    const id = await deployConfig(tenant.api, device)
    expect((await poll(device)).status).toBe(204)
    expect(await explain(id)).toMatchObject({ code: 'pinned' })
    await tenant.api.delete(`${V2}/devices/${device.id}/pin`)
    expect((await poll(device)).status).toBe(200)
  })

  test('is not offered again to a device that reports its version, although its report was lost', async () => {
    const id = await deployConfig(tenant.api, device)
    const key = 'data-partition.mender-configure.version'
    const provides = { artifact_name: 'factory', device_type: 'qemux86-64' }
    expect((await device.next(provides, 'post_v2')).status).toBe(200)
    await device.report(id, 'installing')
    const after = { ...provides, artifact_name: `configuration-${id}`, [key]: `configuration-${id}` }
    expect((await device.next(after, 'post_v2')).status).toBe(200)
    await device.report(id, 'success')
    expect(await statistics(tenant.api, id)).toEqual({ success: 1 })
  })
})

describe('a configuration that fails', () => {
  test('is attempted as often as was asked for, with the log of the device', async () => {
    const id = await deployConfig(tenant.api, device, { retries: 1 })
    for (const expected of [{ pending: 1 }, { failure: 1 }]) {
      expect((await poll(device)).status).toBe(200)
      await device.report(id, 'installing')
      await device.report(id, 'failure')
      await device.sendLog(id, ['Script "timezone" returned exit code 2.'])
      expect(await statistics(tenant.api, id)).toEqual(expected)
    }
    expect((await poll(device)).status).toBe(204)
    expect(await itemOf(id)).toMatchObject({ status: 'failure', attempts: 2, log: true })
    expect(await summary()).toMatchObject({ code: 'failed', deployment: { id } })
  })

  test('needs the plan for retries and update control maps', async () => {
    const open = await server.tenant('os')
    const [own] = (await enrol(server, open, 1)) as [SimulatedDevice]
    await setConfig(open.api, own, { a: 'b' })
    await deployConfig(open.api, own, { retries: 0 })
    for (const body of [{ retries: 1 }, { update_control_map: { states: {} } }])
      expect(await open.api.post(`${configPath(own)}/deploy`, body)).toMatchObject({
        ...{ status: 403, body: { code: 'feature_not_in_plan' } },
      })
  })

  test.each([
    [{ retries: -1 }, 'retries'],
    [{ retries: 'x' }, 'retries'],
    [{ retries: 1001 }, 'retries'],
    [{ update_control_map: [] }, 'update_control_map'],
    [[], 'must be object'],
  ])('is refused with %o', async (body, problem) => {
    expect(await tenant.api.post(`${configPath(device)}/deploy`, body)).toMatchObject({
      ...{ status: 400, body: { error: expect.stringContaining(problem) } },
    })
    expect(await readConfig(tenant.api, device)).not.toHaveProperty('deployment_id')
  })

  test('an update control map pauses it', async () => {
    const update_control_map = { priority: 1, states: { ArtifactInstall_Enter: { action: 'pause' } } }
    const id = await deployConfig(tenant.api, device, { update_control_map })
    const provides = { artifact_name: 'factory', device_type: 'qemux86-64' }
    const { body } = await device.next(provides, 'post_v2')
    expect(body.update_control_map).toMatchObject({ id, ...update_control_map })
  })
})

describe('a newer deployment of a configuration', () => {
  test('leaves alone what processes know of other devices and deployments, until it is aborted', async () => {
    const version = async () =>
      (
        await server.env.db.first<{ deployments_version: number }>(sql`
          select deployments_version from tenants where tenant_id = ${tenant.tenant_id}`)
      )?.deployments_version
    const before = await version()
    for (const one of [device, other]) expect((await poll(one)).status).toBe(204)
    await deployConfig(tenant.api, device)
    const id = await deployConfig(tenant.api, device)
    expect((await poll(device)).body).toMatchObject({ id })
    expect(await version()).toBe(before)
    await device.report(id, 'success')
    const paused = await deployConfig(tenant.api, device)
    expect(await version()).toBe(before)
    // Devices that wait behind a deployment which a user aborts get the next one.
    expect(await tenant.api.post(`${V2}/${paused}/pause`)).toMatchObject({ status: 204 })
    await uploadTestArtifact(tenant.api, { name: 'release-1' })
    const software = await deploy(tenant.api, { devices: [device.id] })
    for (const _ of [1, 2]) expect((await poll(device)).status).toBe(204)
    await abort(tenant.api, paused)
    expect((await poll(device)).body).toMatchObject({ id: software })
  })

  test('replaces one that the device has not asked for', async () => {
    const first = await deployConfig(tenant.api, device)
    await setConfig(tenant.api, device, { timezone: 'UTC' })
    const second = await deployConfig(tenant.api, device)
    expect(await show(tenant.api, first)).toMatchObject({ status: 'finished', aborted: expect.any(String) })
    expect((await poll(device)).body).toMatchObject({ id: second })
    const object = { type: 'deployment', id: first }
    expect((await eventsOf(server, tenant)).slice(-2)).toMatchObject([
      { action: 'abort', object, change: `Replaced by deployment ${second}` },
      { action: 'deploy_configuration' },
    ])
    expect(await explain(first)).toMatchObject({ code: 'deployment_aborted' })
    await expectCountersToEqualRows(server.env.db)
  })

  test('stops one that the device is installing, which gets the newer one next', async () => {
    const first = await deployConfig(tenant.api, device)
    await poll(device)
    await device.report(first, 'installing')
    const second = await deployConfig(tenant.api, device)
    expect(await device.report(first, 'success')).toMatchObject({
      ...{ status: 409, body: { error: 'Deployment aborted' } },
    })
    expect((await poll(device)).body).toMatchObject({ id: second })
    await device.report(second, 'success')
    expect(await statistics(tenant.api, first)).toEqual({ aborted: 1 })
    expect(await statistics(tenant.api, second)).toEqual({ success: 1 })
    await expectCountersToEqualRows(server.env.db)
  })

  test('leaves finished ones, those of other devices and of releases as they are', async () => {
    await uploadTestArtifact(tenant.api, { name: 'release-1' })
    const first = await deployConfig(tenant.api, device)
    await poll(device)
    await device.report(first, 'success')
    const software = await deploy(tenant.api, { devices: [device.id] })
    const others = await deployConfig(tenant.api, other)
    await deployConfig(tenant.api, device)
    const shown = await Promise.all([first, software, others].map((id) => show(tenant.api, id)))
    expect(shown.map(({ status, aborted }) => [status, aborted])).toEqual([
      ['finished', undefined],
      ['pending', undefined],
      ['pending', undefined],
    ])
  })

  test('of several at the same time, one remains', async () => {
    const ids = await Promise.all(Array.from({ length: 8 }, () => deployConfig(tenant.api, device)))
    const { deployment_id } = await readConfig(tenant.api, device)
    const shown = await Promise.all(ids.map((id) => show(tenant.api, id)))
    const unfinished = shown.filter(({ status }) => status !== 'finished').map(({ id }) => id)
    expect(unfinished).toEqual([deployment_id])
    expect((await poll(device)).body).toMatchObject({ id: deployment_id })
    await expectCountersToEqualRows(server.env.db)
  })
})

describe('a user', () => {
  test('aborts a deployment of a configuration; the device keeps what it has', async () => {
    const id = await deployConfig(tenant.api, device)
    await abort(tenant.api, id)
    expect((await poll(device)).status).toBe(204)
    expect(await readConfig(tenant.api, device)).toMatchObject({ configured: { key: 'ab' }, deployment_id: id })
    const next = await deployConfig(tenant.api, device)
    expect((await poll(device)).body).toMatchObject({ id: next })
  })

  test('cannot roll it back to a release', async () => {
    await uploadTestArtifact(tenant.api, { name: 'release-1' })
    const id = await deployConfig(tenant.api, device)
    await poll(device)
    expect(await tenant.api.post(`${V2}/${id}/rollback`, { artifact_name: 'release-1' })).toMatchObject({
      ...{ status: 409, body: { code: 'no_configuration_rollback' } },
    })
    expect(await show(tenant.api, id)).not.toHaveProperty('aborted')
  })

  test('who decommissions the device ends it', async () => {
    const id = await deployConfig(tenant.api, device)
    const { uri } = (await poll(device)).body.artifact.source
    await tenant.api.delete(`/api/management/v2/devauth/devices/${device.id}`)
    expect(await statistics(tenant.api, id)).toEqual({ decommissioned: 1 })
    expect(await show(tenant.api, id)).not.toHaveProperty('configuration')
    expect((await download(uri)).status).toBe(404)
  })

  test('may abort it for the device, and continue it after a pause', async () => {
    const id = await deployConfig(tenant.api, device)
    expect(await tenant.api.post(`${V2}/${id}/pause`, {})).toMatchObject({ status: 204 })
    expect((await poll(device)).status).toBe(204)
    expect(await explain(id)).toMatchObject({ code: 'paused' })
    expect(await tenant.api.post(`${V2}/${id}/resume`, {})).toMatchObject({ status: 204 })
    expect((await poll(device)).status).toBe(200)
    expect(await tenant.api.delete(`${V1}/devices/${device.id}`)).toMatchObject({ status: 204 })
    expect(await statistics(tenant.api, id)).toEqual({ aborted: 1 })
  })
})

test('a simulated device installs it, and reports it', async () => {
  const provides = { artifact_name: 'factory', device_type: 'qemux86-64' }
  const id = await deployConfig(tenant.api, device)
  expect(await runUpdate(device, { provides, fails: () => false })).toBe('success')
  expect(await show(tenant.api, id)).toMatchObject({ status: 'finished' })
  const { configured, reported } = await readConfig(tenant.api, device)
  expect(reported).toEqual(configured)
  await setConfig(tenant.api, device, {})
  await deployConfig(tenant.api, device)
  expect(await runUpdate(device, { provides, fails: () => true })).toBe('failure')
  expect(await readConfig(tenant.api, device)).toMatchObject({ configured: {}, reported })
})

test('what happens to it is in its timeline, and sent to webhooks', async () => {
  await using receiver = await startReceiver()
  await integrate(tenant.api, receiver.url)
  const id = await deployConfig(tenant.api, device)
  await poll(device)
  await device.report(id, 'success')
  const { body } = await tenant.api.get('/api/management/v1/iot-manager/events')
  const of = body.filter(({ data }: { data: { id: string } }) => data.id === id)
  expect(of.map(({ type }: { type: string }) => type).sort()).toEqual(['deployment-created', 'deployment-finished'])
  const timeline = await tenant.api.get(`${V2}/${id}/timeline`)
  expect(timeline).toMatchObject({ status: 200 })
})

test('the configuration goes with the history of the deployment', async () => {
  const id = await deployConfig(tenant.api, device)
  await poll(device)
  await device.report(id, 'success')
  const in_two_days = new Date(server.env.now().getTime() + 2 * 24 * 3_600_000)
  await pruneHistory({ db: server.env.db, now: () => in_two_days }, 1, new AbortController().signal)
  const [row] = await server.env.db.query(sql`
    select configuration from deployments where tenant_id = ${tenant.tenant_id} and id = ${id}`)
  expect(row).toEqual({ configuration: null })
  expect(await show(tenant.api, id)).toMatchObject({ type: 'configuration', history_removed: true })
})
