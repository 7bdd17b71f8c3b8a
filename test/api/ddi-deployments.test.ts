import { createHash } from 'node:crypto'
import { afterEach, describe, expect, test } from 'vitest'
import { readFamilies } from '../../src/metrics/metric.ts'
import { uploadTestArtifact } from '../support/artifact.ts'
import { DDI, deviceIdOf, enrolDdi, gatewayOf, linksOf, saveDdiSettings, uploadFile } from '../support/ddi.ts'
import { newDdiDevice } from '../support/ddi-device.ts'
import { abort, deploy, inventoryTerm, poll, saveFilter, show, statistics, V1, V2 } from '../support/deploy.ts'
import { enrol } from '../support/device.ts'
import { useServer } from '../support/fixtures.ts'
import { expectCountersToEqualRows } from '../support/recount.ts'
import type { TestTenant } from '../support/server.ts'

const server = useServer()
afterEach(() => expectCountersToEqualRows(server.env.db))

const CONTENT = 'the new software'
const digest = (algorithm: string) => createHash(algorithm).update(CONTENT).digest('hex')

/** A device, and a release with a file for it. */
async function scene() {
  const tenant = await server.tenant()
  const authorization = await gatewayOf(tenant)
  const device = await enrolDdi(server, tenant, { authorization })
  await uploadFile(tenant, { content: CONTENT, version: '2.0', part: 'os' })
  return { tenant, authorization, device }
}
type Scene = Awaited<ReturnType<typeof scene>>

const begin = async ({ tenant, device }: Scene, more: Record<string, unknown> = {}) => {
  const id = await deploy(tenant.api, { devices: [device.id], ...more })
  const { deploymentBase = '' } = await linksOf(device)
  return { id, href: deploymentBase }
}
const attributeOf = async (tenant: TestTenant, id: string, name: string) => {
  const { body } = await tenant.api.get(`/api/management/v1/inventory/devices/${id}`)
  return body.attributes.find((one: { name: string; scope: string }) => one.name === name && one.scope === 'inventory')
    ?.value
}
const inDeployment = async (tenant: TestTenant, id: string) =>
  (await tenant.api.get(`${V1}/${id}/devices/list`)).body[0]
const logOf = async (tenant: TestTenant, id: string, device_id: string) =>
  (await tenant.api.get(`${V1}/${id}/devices/${device_id}/log`)).text
const actionOf = (href: string) => Number(/deploymentBase\/(\d+)\?c=\d+$/.exec(href)?.[1])

describe('a deployment', () => {
  test('goes from the offer to success, with every step in its statistics', async () => {
    const one = await scene()
    const { tenant, device } = one
    const { id, href } = await begin(one)
    expect(href).toMatch(new RegExp(`^${device.root}/deploymentBase/[1-9]\\d*\\?c=\\d+$`))
    expect((await linksOf(device)).deploymentBase).toBe(href)
    expect(await statistics(tenant.api, id)).toEqual({ pending: 1 })
    const details = await device.deployment(href)
    const url = `${device.root}/softwaremodules/${actionOf(href)}/artifacts/update.swu`
    expect(details).toMatchObject({ status: 200 })
    expect(details.headers['content-length']).toBe(String(JSON.stringify(details.body).length))
    expect(details.body).toEqual({
      id: String(actionOf(href)),
      deployment: {
        ...{ download: 'forced', update: 'forced' },
        chunks: [
          {
            ...{ part: 'os', version: '2.0', name: 'release-1' },
            artifacts: [
              {
                ...{ filename: 'update.swu', size: CONTENT.length },
                hashes: { sha1: digest('sha1'), md5: digest('md5'), sha256: digest('sha256') },
                _links: { download: { href: url }, 'download-http': { href: url } },
              },
            ],
          },
        ],
      },
    })
    expect(await device.feedback(href, 'proceeding', 'none', ['Installing Update Chunk Artifacts.'])).toMatchObject({
      ...{ status: 200, body: undefined },
    })
    expect(await statistics(tenant.api, id)).toEqual({ downloading: 1 })
    expect((await device.head(url)).headers['content-length']).toBe(String(CONTENT.length))
    const part = await device.download(url, 'bytes=4-')
    expect([part.status, part.bytes.toString()]).toEqual([206, CONTENT.slice(4)])
    await expect.poll(() => statistics(tenant.api, id)).toEqual({ installing: 1 })
    // Also in the middle of an installation, the same update stays offered: this device has not started over.
    server.advance(60_000)
    expect((await linksOf(device)).deploymentBase).toBe(href)
    expect(await device.feedback(href, 'closed', 'success', ['Update Installed.'])).toMatchObject({ status: 200 })
    expect(await show(tenant.api, id)).toMatchObject({ status: 'finished', statistics: { status: { success: 1 } } })
    expect(await logOf(tenant, id, device.id)).toMatch(
      /info: Installing Update Chunk .*\n.*info: Update Installed\.\n$/,
    )
    expect(await attributeOf(tenant, device.id, 'artifact_name')).toBe('release-1')
    expect(await linksOf(device)).toEqual({ configData: `${device.root}/configData` })
    await device.putConfigData({ device_type: 'qemux86-64' })
    expect(await linksOf(device)).toEqual({})
    expect(await device.feedback(href, 'closed', 'success')).toMatchObject({ status: 410 })
    expect(await device.deployment(href)).toMatchObject({ status: 404 })
    expect(await device.deployment(`${device.root}/installedBase/${actionOf(href)}`)).toMatchObject({ status: 200 })
    expect(await device.download(url)).toMatchObject({ status: 404 })
    const again = await deploy(tenant.api, { devices: [device.id] })
    expect(await linksOf(device)).toEqual({})
    expect(await statistics(tenant.api, again)).toEqual({ 'already-installed': 1 })
  })

  test('is read in many ranges without a report for each', async () => {
    const one = await scene()
    const { id, href } = await begin(one)
    const url = `${one.device.root}/softwaremodules/${actionOf(href)}/artifacts/update.swu`
    const reports = () =>
      readFamilies()
        .find(({ name }) => name === 'muster_status_reports_total')
        ?.values.reduce((sum, { value }) => sum + value, 0) ?? 0
    const before = reports()
    for (let i = 0; i < 5; i++) expect((await one.device.download(url, `bytes=${i}-${i}`)).status).toBe(206)
    expect(reports() - before).toBe(1)
    expect(await statistics(one.tenant.api, id)).toEqual({ downloading: 1 })
  })

  test('goes out to a mixed fleet in one phased rollout, each dialect with its artifact', async () => {
    const { tenant, authorization } = await scene()
    await uploadTestArtifact(tenant.api, { name: 'release-1' })
    const menders = await enrol(server, tenant, 2)
    const ddis = [await enrolDdi(server, tenant, { authorization }), await enrolDdi(server, tenant, { authorization })]
    const filter_id = await saveFilter(tenant.api, inventoryTerm('device_type', 'qemux86-64'))
    const later = new Date(server.env.now().getTime() + 3600_000).toISOString()
    const phases = [{ batch_size: 40 }, { start_ts: later }]
    const preview = await tenant.api.post(`${V2}/preview`, { name: 'p', artifact_name: 'release-1', filter_id, phases })
    expect(preview.body).toMatchObject({ device_count: 5, noartifact: 0 })
    expect(preview.body.artifacts.map((a: { device_count: number }) => a.device_count).sort()).toEqual([2, 3])
    const id = await deploy(tenant.api, { filter_id, phases })
    expect((await poll(menders[0]!)).status).toBe(200)
    const href = (await linksOf(ddis[0]!)).deploymentBase ?? ''
    expect(href).not.toBe('')
    expect([(await poll(menders[1]!)).status, await linksOf(ddis[1]!)]).toEqual([204, {}])
    server.advance(3600_001)
    expect((await poll(menders[1]!)).body.artifact.source.uri).toContain('.mender')
    expect((await linksOf(ddis[1]!)).deploymentBase).toBeDefined()
    expect(await statistics(tenant.api, id)).toEqual({ pending: 4 })
  })

  test('that has only an artifact of the other dialect for the device type ends without artifact', async () => {
    const { tenant, authorization } = await scene()
    await uploadTestArtifact(tenant.api, { name: 'mender-only' })
    const device = await enrolDdi(server, tenant, { authorization })
    const id = await deploy(tenant.api, { artifact_name: 'mender-only', devices: [device.id] })
    expect(await linksOf(device)).toEqual({})
    expect(await statistics(tenant.api, id)).toEqual({ noartifact: 1 })
  })

  test('waits for a device that has not reported its type, and ends for none', async () => {
    const { tenant, authorization } = await scene()
    const device = await enrolDdi(server, tenant, { authorization, data: { serial: '1' } })
    const id = await deploy(tenant.api, { devices: [device.id] })
    expect(await linksOf(device)).toEqual({})
    expect(await statistics(tenant.api, id)).toEqual({ pending: 1 })
    await saveDdiSettings(tenant, { gateway_token: true, default_device_type: 'qemux86-64' })
    expect(Object.keys(await linksOf(device))).toEqual(['deploymentBase'])
    expect(await attributeOf(tenant, device.id, 'device_type')).toBe('qemux86-64')
  })

  test('that fails is tried again under a new number, which is greater than all before', async () => {
    const one = await scene()
    const { tenant, device } = one
    const { id, href } = await begin(one, { retries: 1 })
    expect(await device.feedback(href, 'closed', 'failure', ['No suitable .swu image found'])).toMatchObject({
      status: 200,
    })
    expect(await logOf(tenant, id, device.id)).toMatch(/ error: No suitable .swu image found\n$/)
    const { deploymentBase: second = '' } = await linksOf(device)
    expect(actionOf(second)).toBeGreaterThan(actionOf(href))
    expect(await device.feedback(href, 'closed', 'failure', ['late'])).toMatchObject({ status: 410 })
    expect(await inDeployment(tenant, id)).toMatchObject({ status: 'pending', attempts: 2 })
    await device.feedback(second, 'closed', 'failure', ['again'])
    expect(await statistics(tenant.api, id)).toEqual({ failure: 1 })
    expect(await logOf(tenant, id, device.id)).toMatch(/^\S+ error: again\n$/)
    expect(await linksOf(device)).toEqual({})
    const third = await begin(one)
    expect(actionOf(third.href)).toBeGreaterThan(actionOf(second))
  })

  test('ends also for a device that reports as many attributes as it may', async () => {
    const one = await scene()
    const { tenant, device } = one
    const data = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`a${i}`, 'x']))
    expect(await device.putConfigData(data(99))).toMatchObject({ status: 400, body: { code: 'too_many_attributes' } })
    expect((await device.putConfigData(data(98))).status).toBe(200)
    const { id, href } = await begin(one)
    expect((await device.feedback(href, 'closed', 'success')).status).toBe(200)
    expect(await statistics(tenant.api, id)).toEqual({ success: 1 })
    expect(await attributeOf(tenant, device.id, 'artifact_name')).toBe('release-1')
    expect((await device.putConfigData(data(98))).status).toBe(200)
  })

  test('that the server ended ends as the device says', async () => {
    const one = await scene()
    const { tenant, device } = one
    const { id, href } = await begin(one)
    await device.putConfigData({ device_type: 'other' })
    expect(await linksOf(device)).toEqual({})
    expect(await statistics(tenant.api, id)).toEqual({ noartifact: 1 })
    expect((await device.feedback(href, 'closed', 'success')).status).toBe(200)
    expect(await statistics(tenant.api, id)).toEqual({ success: 1 })
  })

  test('waits for what a device of the default type may still report', async () => {
    const { tenant, authorization } = await scene()
    await saveDdiSettings(tenant, {
      ...{ gateway_token: true, accepts_devices: true },
      ...{ default_device_type: 'qemux86-64', device_type_attributes: ['board'] },
    })
    const device = newDdiDevice(server, tenant, { controller_id: 'dev-1', authorization })
    await linksOf(device)
    const id = await deploy(tenant.api, { devices: [await deviceIdOf(tenant, 'dev-1')] })
    expect(Object.keys(await linksOf(device))).toEqual(['configData'])
    await device.putConfigData({ board: 'other' })
    await linksOf(device)
    expect(await statistics(tenant.api, id)).toEqual({ noartifact: 1 })
  })

  test('waits for a device whose type is empty', async () => {
    const { tenant, authorization } = await scene()
    const device = await enrolDdi(server, tenant, { authorization, data: { device_type: '', serial: '1' } })
    const id = await deploy(tenant.api, { devices: [device.id] })
    expect(await linksOf(device)).toEqual({})
    expect(await statistics(tenant.api, id)).toEqual({ pending: 1 })
  })

  test('is kept from a device that no longer is accepted, also in the middle of it', async () => {
    const one = await scene()
    const { tenant, device } = one
    const { id, href } = await begin(one)
    const url = `${device.root}/softwaremodules/${actionOf(href)}/artifacts/update.swu`
    const path = `/api/management/v2/devauth/devices/${device.id}`
    const [{ id: auth_set }] = (await tenant.api.get(path)).body.auth_sets
    await saveDdiSettings(tenant, { gateway_token: true })
    expect((await tenant.api.delete(`${path}/auth/${auth_set}`)).status).toBe(204)
    // By the gateway token it comes back, and waits for a user.
    expect(await linksOf(device)).toEqual({})
    expect((await device.deployment(href)).status).toBe(404)
    expect((await device.download(url)).status).toBe(404)
    expect((await device.feedback(href, 'closed', 'success')).status).toBe(404)
    expect(await statistics(tenant.api, id)).toEqual({ pending: 1 })
  })

  test('that another device has is not found', async () => {
    const one = await scene()
    const other = await enrolDdi(server, one.tenant, { authorization: one.authorization })
    const { href } = await begin(one)
    const foreign = `${other.root}/deploymentBase/${actionOf(href)}`
    expect((await other.deployment(foreign)).status).toBe(404)
    expect((await other.feedback(foreign, 'closed', 'success')).status).toBe(404)
    expect((await other.download(`${other.root}/softwaremodules/${actionOf(href)}/artifacts/update.swu`)).status).toBe(
      404,
    )
  })
})

describe('an abort', () => {
  test('asks the device to cancel until it answers, and then offers what is next', async () => {
    const one = await scene()
    const { tenant, device } = one
    const { id, href } = await begin(one)
    await device.feedback(href, 'proceeding', 'none', ['begun'])
    await abort(tenant.api, id)
    const next = await deploy(tenant.api, { devices: [device.id] })
    const { cancelAction = '', ...others } = await linksOf(device)
    expect(others).toEqual({})
    expect(cancelAction).toBe(`${device.root}/cancelAction/${actionOf(href)}`)
    expect((await device.deployment(href)).status).toBe(404)
    const stop = String(actionOf(href))
    expect(await device.cancel(cancelAction)).toMatchObject({
      ...{ status: 200, body: { id: stop, cancelAction: { stopId: stop } } },
    })
    expect((await device.feedback(cancelAction, 'proceeding')).status).toBe(200)
    expect(await linksOf(device)).toEqual({ cancelAction })
    expect((await device.feedback(cancelAction, 'closed', 'success', ['cancellation acknowledged.'])).status).toBe(200)
    expect((await device.feedback(cancelAction, 'closed', 'success')).status).toBe(410)
    expect((await device.cancel(cancelAction)).status).toBe(404)
    expect(Object.keys(await linksOf(device))).toEqual(['deploymentBase'])
    expect(await statistics(tenant.api, id)).toEqual({ aborted: 1 })
    expect(await statistics(tenant.api, next)).toEqual({ pending: 1 })
    expect(await logOf(tenant, id, device.id)).toMatch(/begun\n.*cancellation acknowledged\.\n$/)
  })

  test('of a device that never answers is over after a while', async () => {
    const one = await scene()
    const { id } = await begin(one)
    await abort(one.tenant.api, id)
    expect(Object.keys(await linksOf(one.device))).toEqual(['cancelAction'])
    server.advance(9 * 60_000)
    expect(Object.keys(await linksOf(one.device))).toEqual(['cancelAction'])
    server.advance(5 * 60_000)
    expect(await linksOf(one.device)).toEqual({})
  })

  test('that comes too late: what the device installed is known, and the deployment stays aborted', async () => {
    const one = await scene()
    const { tenant, device } = one
    const { id, href } = await begin(one)
    await abort(tenant.api, id)
    expect((await device.feedback(href, 'closed', 'success', ['done'])).status).toBe(200)
    expect(await statistics(tenant.api, id)).toEqual({ aborted: 1 })
    expect(await attributeOf(tenant, device.id, 'artifact_name')).toBe('release-1')
    expect(Object.keys(await linksOf(device))).toEqual(['configData'])
  })

  test('that the device rejects leaves the deployment aborted, and what the device then runs is known', async () => {
    const one = await scene()
    const { id, href } = await begin(one)
    await abort(one.tenant.api, id)
    const { cancelAction = '' } = await linksOf(one.device)
    expect((await one.device.feedback(cancelAction, 'rejected', 'success', ['not supported'])).status).toBe(200)
    expect(await linksOf(one.device)).toEqual({})
    expect((await one.device.feedback(href, 'proceeding', 'none', ['100% Installing done.'])).status).toBe(200)
    expect((await one.device.feedback(href, 'closed', 'success')).status).toBe(200)
    expect(await attributeOf(one.tenant, one.device.id, 'artifact_name')).toBe('release-1')
    expect(await statistics(one.tenant.api, id)).toEqual({ aborted: 1 })
  })
})

describe('feedback in the forms that clients send', () => {
  test.each<[string, unknown, string]>([
    [
      'SWUpdate',
      {
        id: 7,
        time: '20261129T033509',
        status: { result: { progress: { cnt: 0, of: 1 }, finished: 'none' }, execution: 'proceeding', details: ['x'] },
      },
      'downloading',
    ],
    ['Zephyr', { id: '7', status: { execution: 'closed', result: { finished: 'success' } } }, 'success'],
    [
      'hara',
      {
        id: '7',
        time: '2026-11-29T03:35:09.123',
        status: { execution: 'proceeding', result: { finished: 'none', progress: { of: 2, cnt: 1 } }, details: [] },
      },
      'downloading',
    ],
    [
      'rauc-hawkbit',
      {
        id: '7',
        status: { execution: 'proceeding', result: { finished: 'failure', progress: {} }, details: ['LastError'] },
      },
      'downloading',
    ],
    ['none', { status: { execution: 'closed', result: { finished: 'none' } } }, 'success'],
    ['no result', { status: { execution: 'scheduled', code: 3 } }, 'downloading'],
    ['rejected', { status: { execution: 'rejected', result: { finished: 'none' }, details: null } }, 'downloading'],
    ['canceled', { status: { execution: 'canceled', result: { finished: 'success' } } }, 'failure'],
  ])('%s', async (_, body, status) => {
    const one = await scene()
    const { id, href } = await begin(one)
    const answer = await fetch(`${href.replace(/\?.*/, '')}/feedback`, {
      method: 'POST',
      headers: { authorization: one.authorization, 'content-type': 'application/json;charset=UTF-8' },
      body: JSON.stringify(body),
    })
    expect([answer.status, await answer.text()]).toEqual([200, ''])
    expect(await statistics(one.tenant.api, id)).toEqual({ [status]: 1 })
  })

  test('adds to a log of bounded size', async () => {
    const one = await scene()
    const { id, href } = await begin(one)
    const details = (name: string) => Array.from({ length: 200 }, (_, i) => `${name} ${i} ${'x'.repeat(4000)}`)
    for (const name of ['first', 'second', 'third'])
      expect((await one.device.feedback(href, 'proceeding', 'none', details(name))).status).toBe(200)
    const log = await logOf(one.tenant, id, one.device.id)
    expect(log.length).toBeLessThan(1024 * 1024)
    expect(log.length).toBeGreaterThan(1000 * 1000)
    expect(log).toMatch(/info: third 199 x+\n$/)
    expect(log).not.toContain('first')
  })

  test('of 64 kB and more is stored, and a feedback without execution is refused', async () => {
    const one = await scene()
    const { id, href } = await begin(one)
    const details = Array.from({ length: 300 }, (_, i) => `line ${i} ${'x'.repeat(300)}`)
    expect((await one.device.feedback(href, 'proceeding', 'none', details)).status).toBe(200)
    expect((await logOf(one.tenant, id, one.device.id)).split('\n')).toHaveLength(301)
    const { status } = await fetch(`${href.replace(/\?.*/, '')}/feedback`, {
      ...{ method: 'POST', headers: { authorization: one.authorization }, body: '{"status":{}}' },
    })
    expect(status).toBe(400)
  })
})

test('a success is confirmed by the next poll', async () => {
  const one = await scene()
  const { id, href } = await begin(one, { confirm_within_minutes: 10 })
  await one.device.feedback(href, 'closed', 'success')
  expect(await inDeployment(one.tenant, id)).toMatchObject({ status: 'success', confirmation: 'awaited' })
  await linksOf(one.device)
  expect(await inDeployment(one.tenant, id)).toMatchObject({ status: 'success', confirmation: 'confirmed' })
})

test('a device in the middle of an update that is outside of its window reads so', async () => {
  const one = await scene()
  const now = server.env.now()
  const at = (ms: number) => new Date(now.getTime() + ms).toISOString().slice(11, 16)
  const { href } = await begin(one, { windows: [{ from: at(-3600_000), to: at(3600_000) }] })
  expect((await one.device.deployment(href)).body.deployment).toMatchObject({
    ...{ maintenanceWindow: 'available', download: 'forced', update: 'forced' },
  })
  server.advance(2 * 3600_000)
  expect((await one.device.deployment(href)).body.deployment).toMatchObject({
    ...{ maintenanceWindow: 'unavailable', download: 'attempt', update: 'attempt' },
  })
})

test('the history of an action is sent on request, newest first', async () => {
  const one = await scene()
  const { href } = await begin(one)
  await one.device.feedback(href, 'proceeding', 'none', ['first', 'second'])
  expect((await one.device.deployment(href)).body.actionHistory).toBeUndefined()
  expect((await one.device.deployment(`${href}&actionHistory=1`)).body.actionHistory.messages).toEqual(['second'])
  expect((await one.device.deployment(`${href}&actionHistory=-1`)).body.actionHistory.messages).toEqual([
    'second',
    'first',
  ])
  expect((await one.device.deployment(`${href}&actionHistory=x`)).status).toBe(200)
})

test('a decommissioned device starts again as a new one, with greater numbers', async () => {
  const one = await scene()
  const { tenant, device, authorization } = one
  const { href } = await begin(one)
  await tenant.api.delete(`/api/management/v2/devauth/devices/${device.id}`)
  expect(Object.keys(await linksOf(device))).toEqual(['configData'])
  await device.putConfigData({ device_type: 'qemux86-64' })
  const filter_id = await saveFilter(tenant.api, inventoryTerm('device_type', 'qemux86-64'))
  await deploy(tenant.api, { filter_id })
  server.advance(1000)
  const { deploymentBase = '' } = await linksOf(device)
  expect(actionOf(deploymentBase)).toBeGreaterThan(actionOf(href))
  expect(authorization).toContain('GatewayToken')
  expect((await tenant.api.get(`${DDI}/devices/${device.id}`)).status).toBe(404)
})
