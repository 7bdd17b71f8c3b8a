import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { RootResource } from '../../src/simulate/ddi-device.ts'
import type { SimulatedDevice } from '../../src/simulate/simulated-device.ts'
import type { Api } from '../support/api.ts'
import { uploadTestArtifact } from '../support/artifact.ts'
import { enrolDdi, gatewayOf, linksOf, uploadFile } from '../support/ddi.ts'
import { abort, deploy, inventoryTerm, poll, pollInTurn, reportAll, saveFilter, show, V2 } from '../support/deploy.ts'
import { enrol } from '../support/device.ts'
import { LIMITS, saveLimits } from '../support/download-limits.ts'
import { useServer } from '../support/fixtures.ts'
import { expectCountersToEqualRows } from '../support/recount.ts'
import { DAY, explain, HOUR, MINUTE, offer, offerNothing, UPDATED } from '../support/rollouts.ts'
import type { TestTenant } from '../support/server.ts'

const server = useServer()
afterEach(() => expectCountersToEqualRows(server.env.db))

let tenant: TestTenant
let api: Api
let filter_id: string
/** Two in Berlin, two in Bremen, one without a site. */
let devices: [SimulatedDevice, SimulatedDevice, SimulatedDevice, SimulatedDevice, SimulatedDevice]
const KIND = { foo: 'foo', device_type: 'qemux86-64' }
const SITES = [{ site: 'Berlin' }, { site: 'Berlin' }, { site: 'Bremen' }, { site: 'Bremen' }, {}]
const BY_SITE = { scope: 'inventory', attribute: 'site' }

beforeEach(async () => {
  tenant = await server.tenant()
  api = tenant.api
  for (const name of ['release-1', 'release-0']) await uploadTestArtifact(api, { name })
  filter_id = await saveFilter(api, inventoryTerm('foo', 'foo'))
  devices = (await enrol(server, tenant, 5, (i) => ({ ...KIND, ...SITES[i] }))) as typeof devices
})

const running = async () => (await api.get(`${LIMITS}/running`)).body
const preview = async (body: object = {}) =>
  (await api.post(`${V2}/preview`, { name: 'n', artifact_name: 'release-1', filter_id, ...body })).body

/** Quiet hours of the server's clock in UTC that last from now until in some hours. */
function quietFor(hours: number) {
  const clock = (ms: number) => new Date(server.env.now().getTime() + ms).toISOString().slice(11, 16)
  return { windows: [{ from: clock(-MINUTE), to: clock(hours * HOUR) }] }
}

describe('a limit of downloads for all devices', () => {
  test('holds at the offer, until a device reports that it has the update', async () => {
    await saveLimits(api, { max_downloads: 2 })
    const id = await deploy(api, { filter_id })
    expect(await pollInTurn(devices)).toEqual([200, 200, 204, 204, 204])
    expect(await running()).toEqual({ running: 2, by_value: [] })
    const [first, second, third, fourth] = devices
    expect(await explain(api, id, third)).toEqual({
      code: 'waits_for_download',
      message:
        '2 of 2 downloads are running: the device is offered the update at its first poll after one of them has ended.',
      downloads: { running: 2, limit: 2 },
    })
    expect((await api.get(`${V2}/devices/${third.id}/summary`)).body).toMatchObject({
      ...{ code: 'waiting', reason: 'waits_for_download' },
      message: expect.stringMatching(/^Waiting for production: 2 of 2 downloads are running/),
    })
    await reportAll([first], id, 'downloading')
    await offerNothing([third, third])
    await offer([first, second], id)
    await reportAll([first], id, 'installing')
    expect(await explain(api, id, third)).toMatchObject({ code: 'waits_for_poll' })
    await offer([third], id)
    await offerNothing([fourth])
    await reportAll([second], id, 'failure')
    await offer([fourth], id)
    await reportAll([first, third, fourth], id, 'success')
    await offer([devices[4]], id)
    expect(await running()).toEqual({ running: 1, by_value: [] })
  })

  test('holds for all deployments together, and takes nothing from devices that need no update', async () => {
    await saveLimits(api, { max_downloads: 1 })
    const [first, second, third] = devices
    const id = await deploy(api, { devices: [first.id, third.id] })
    const other = await deploy(api, { devices: [second.id] })
    await offer([first], id)
    await offerNothing([second])
    await offerNothing([third], UPDATED)
    expect(await show(api, id)).toMatchObject({ statistics: { status: { 'already-installed': 1, pending: 1 } } })
    expect(await explain(api, other, second)).toMatchObject({ code: 'waits_for_download' })
    await reportAll([first], id, 'success')
    await offer([second], other)
  })

  test('is given back by an abort, once it is written, and by a device that is decommissioned', async () => {
    await saveLimits(api, { max_downloads: 1 })
    const [first, second, third] = devices
    const id = await deploy(api, { filter_id })
    await offer([first], id)
    await api.delete(`/api/management/v2/devauth/devices/${first.id}`)
    await offer([second], id)
    await abort(api, id)
    const next = await deploy(api, { filter_id })
    // It works on the new deployment: its row in the old one is aborted.
    await reportAll([], id, 'success')
    await second.report(id, 'failure')
    await expect.poll(async () => (await poll(third)).status).toBe(200)
    await offerNothing([second])
    await reportAll([third], next, 'success')
    await offer([second], next)
  })

  test('ends the wait of a silent device after the time-out, and counts it again once it is back', async () => {
    await saveLimits(api, { max_downloads: 1, download_timeout_minutes: 30 })
    const [first, second] = devices
    const id = await deploy(api, { filter_id })
    await offer([first], id)
    server.advance(29 * MINUTE)
    await offerNothing([second])
    // Its poll is a sign of life.
    await offer([first], id)
    server.advance(29 * MINUTE)
    await offerNothing([second])
    await reportAll([first], id, 'downloading')
    server.advance(29 * MINUTE)
    await offerNothing([second])
    server.advance(2 * MINUTE)
    await offer([second], id)
    // The first device lost its place to the second one.
    await offerNothing([first])
    expect((await explain(api, id, first)).message).toMatch(
      /not heard from in its download since \S+ · 1 of 1 download is running, and it waits for one of them to end$/,
    )
    await reportAll([second], id, 'installing')
    await offer([first], id)
    await reportAll([first, second], id, 'success')
    expect(await running()).toEqual({ running: 0, by_value: [] })
  })

  test('holds for further attempts', async () => {
    await saveLimits(api, { max_downloads: 1 })
    const [first, second] = devices
    const id = await deploy(api, { filter_id, retries: 2 })
    await offer([first], id)
    await reportAll([first], id, 'failure')
    await offer([second], id)
    await offerNothing([first, first])
    expect((await explain(api, id, first)).message).toContain(
      'waits for its next attempt · 1 of 1 download is running, and it waits for one of them to end',
    )
    // A report of the earlier attempt that arrives late does not begin the next one.
    expect(await first.report(id, 'downloading')).toMatchObject({ status: 204 })
    expect(await running()).toEqual({ running: 1, by_value: [] })
    await reportAll([second], id, 'installing')
    await offer([first], id)
    await reportAll([first], id, 'installing')
    server.advance(MINUTE)
    const third = devices[2]
    await offer([third], id)
    // It started over in the middle of the installation.
    await offerNothing([first])
    await reportAll([third], id, 'success')
    await offer([first], id)
    await reportAll([first, second], id, 'success')
  })

  test('holds from the next poll on, also for devices that were known to be idle, and no longer without it', async () => {
    const [first, second, third] = devices
    const id = await deploy(api, { filter_id })
    await offer([first], id)
    await saveLimits(api, { max_downloads: 1 })
    // The first device got its offer before.
    await offer([second, first], id)
    await offerNothing([third, third])
    await saveLimits(api, {})
    await offer([third, second, first], id)
    expect(await running()).toEqual({ running: 0, by_value: [] })
    await reportAll([first, second, third], id, 'success')
  })
})

test('a limit by attribute holds for the devices of each value, and not for those without it', async () => {
  await saveLimits(api, { by_attribute: { ...BY_SITE, max_downloads: 1 }, max_downloads: 3 })
  const id = await deploy(api, { filter_id })
  expect(await pollInTurn(devices)).toEqual([200, 204, 200, 204, 200])
  expect(await running()).toEqual({
    ...{ running: 3 },
    by_value: [
      { value: 'Berlin', running: 1 },
      { value: 'Bremen', running: 1 },
    ],
  })
  const [first, second, third, fourth, last] = devices
  await reportAll([last], id, 'installing')
  expect(await explain(api, id, second)).toMatchObject({
    message: expect.stringMatching(/^1 of 1 download at inventory\/site=Berlin is running: /),
    downloads: { running: 1, limit: 1, ...BY_SITE, value: 'Berlin' },
  })
  await offerNothing([second, fourth])
  await reportAll([third], id, 'installing')
  await offerNothing([second])
  await offer([fourth], id)
  await reportAll([first], id, 'failure')
  await offer([second], id)
  expect(await preview()).toMatchObject({
    download_limits: { by_attribute: { ...BY_SITE, max_downloads: 1 }, max_downloads: 3 },
  })
})

test('a device of DDI counts until its feedback says that it has the update', async () => {
  const authorization = await gatewayOf(tenant)
  await uploadFile(tenant, { name: 'release-1', types: ['board'] })
  const [first, second] = [
    await enrolDdi(server, tenant, { authorization, data: { device_type: 'board' } }),
    await enrolDdi(server, tenant, { authorization, data: { device_type: 'board' } }),
  ]
  await saveLimits(api, { max_downloads: 1, download_timeout_minutes: 30 })
  const id = await deploy(api, { devices: [first.id, second.id] })
  const { deploymentBase = '' } = await linksOf(first)
  expect(await linksOf(second)).toEqual({})
  expect(await explain(api, id, second as unknown as SimulatedDevice)).toMatchObject({ code: 'waits_for_download' })
  // A device that polls while it downloads keeps its place.
  server.advance(20 * MINUTE)
  expect(await linksOf(first)).toMatchObject({ deploymentBase })
  server.advance(20 * MINUTE)
  expect(await linksOf(second)).toEqual({})
  expect(await first.feedback(deploymentBase, 'closed', 'success')).toMatchObject({ status: 200 })
  expect(await linksOf(second)).toMatchObject({ deploymentBase: expect.any(String) })
})

describe('in quiet hours', () => {
  test('nothing is offered and no attempt begins, until they end without any write', async () => {
    const [first, second, third] = devices
    const id = await deploy(api, { filter_id, retries: 1 })
    await offer([first, third], id)
    await saveLimits(api, { quiet_hours: quietFor(8) })
    await offerNothing([second, second])
    // What has been offered stays offered.
    await offer([first], id)
    await reportAll([third], id, 'failure')
    await offerNothing([third])
    const { until, ...explained } = await explain(api, id, second)
    expect(explained).toEqual({
      code: 'quiet_hours',
      message: expect.stringMatching(/^Quiet hours until \d\d:\d\d UTC: no device is offered updates before /),
    })
    expect((await explain(api, id, third)).message).toContain(`waits for its next attempt · quiet hours until ${until}`)
    expect(await preview()).toMatchObject({ first_offer: until, in_quiet_hours: 5 })
    server.advance(Date.parse(until) - server.env.now().getTime() - 1000)
    await offerNothing([second])
    server.advance(1000)
    await offer([second, third], id)
    expect(await preview()).toMatchObject({ in_quiet_hours: 0 })
    server.advance(DAY - MINUTE)
    await offerNothing([devices[3]])
  })

  test('an urgent deployment is offered, but not before older ones', async () => {
    await saveLimits(api, { quiet_hours: quietFor(8) })
    const [first, second] = devices
    const urgent = await deploy(api, { devices: [first.id], ignore_quiet_hours: true })
    await offer([first], urgent)
    expect(await show(api, urgent)).toMatchObject({ ignore_quiet_hours: true })
    const older = await deploy(api, { devices: [second.id] })
    const newer = await deploy(api, { devices: [second.id], ignore_quiet_hours: true })
    await offerNothing([second])
    expect(await explain(api, older, second)).toMatchObject({ code: 'quiet_hours' })
    expect(await explain(api, newer, second)).toMatchObject({ code: 'waits_for_older' })
    await abort(api, older)
    await offer([second], newer)
    expect(await preview({ ignore_quiet_hours: true })).not.toHaveProperty('in_quiet_hours')
  })

  test('a device of DDI that has nothing to do polls less often, and soon after they end', async () => {
    const authorization = await gatewayOf(tenant, { polling_interval_s: 60, quiet_polling_interval_s: 3600 })
    const device = await enrolDdi(server, tenant, { authorization, data: { device_type: 'board' } })
    const sleep = async () => {
      const { body } = await device.poll()
      const [hours = 0, minutes = 0, seconds = 0] = (body as RootResource).config.polling.sleep.split(':').map(Number)
      return (hours * 60 + minutes) * 60 + seconds
    }
    /** Of polls that the fast path answers, too. */
    const sleeps = async (least: number, most: number) => {
      for (let i = 0; i < 4; i++) {
        const slept = await sleep()
        expect([slept, slept >= least && slept <= most]).toEqual([slept, true])
      }
    }
    await sleeps(54, 66)
    await saveLimits(api, { quiet_hours: quietFor(2) })
    await sleeps(3240, 3960)
    server.advance(HOUR + 50 * MINUTE)
    await sleeps(1, (11 * MINUTE) / 1000)
    server.advance(11 * MINUTE)
    await sleeps(54, 66)
  })

  test('the time zone may be that of the device', async () => {
    const { windows } = quietFor(2)
    const time_zone = { scope: 'inventory', attribute: 'timezone', fallback: 'Pacific/Kiritimati' }
    const [first, second] = devices
    await first.sendInventory({ foo: 'foo', timezone: 'UTC' })
    await saveLimits(api, { quiet_hours: { windows, time_zone } })
    const id = await deploy(api, { filter_id })
    await offerNothing([first])
    await offer([second], id)
    await first.sendInventory({ foo: 'foo', timezone: 'Pacific/Honolulu' })
    await offer([first], id)
  })
})

test('an explanation says what the next poll of the device does, whatever happened before', async () => {
  const fleet = [...devices, ...(await enrol(server, tenant, 5, (i) => ({ ...KIND, ...SITES[i] })))]
  const id = await deploy(api, { filter_id, retries: 1 })
  const working = new Set<SimulatedDevice>()
  const codes = new Set<string>()
  const pick = <Item>(items: readonly Item[]) => items[Math.floor(Math.random() * items.length)]!
  const limits = () =>
    pick([
      { max_downloads: 2 },
      { max_downloads: 3, by_attribute: { ...BY_SITE, max_downloads: 1 } },
      { by_attribute: { ...BY_SITE, max_downloads: 1 }, download_timeout_minutes: 30 },
      { quiet_hours: quietFor(1) },
      {},
    ])
  await saveLimits(api, { max_downloads: 2 })
  for (let step = 0; step < 120; step++) {
    const action = Math.random()
    if (action < 0.05) await saveLimits(api, limits())
    else if (action < 0.1) server.advance(40 * MINUTE)
    else if (action < 0.4 && working.size > 0) {
      const device = pick([...working])
      await reportAll([device], id, pick(['downloading', 'installing', 'success', 'failure']))
      working.delete(device)
    }
    const device = pick(fleet)
    const { code, message } = await explain(api, id, device)
    const { status } = await poll(device)
    codes.add(code)
    if (code !== 'counted_in') expect([step, code, message, status]).toEqual([step, code, message, OFFERED[code]])
    if (status === 200) working.add(device)
  }
  expect(codes).toContain('waits_for_download')
  expect(codes).toContain('waits_for_poll')
})

const OFFERED: Readonly<Record<string, number>> = { waits_for_poll: 200, waits_for_download: 204, quiet_hours: 204 }

describe('the settings', () => {
  test('are stored as they are given, replaced as a whole, and audited', async () => {
    const limits = {
      quiet_hours: { windows: [{ days: ['mon'], from: '07:00', to: '19:00' }], time_zone: 'Europe/Berlin' },
      ...{ max_downloads: 5, download_timeout_minutes: 90, by_attribute: { ...BY_SITE, max_downloads: 2 } },
    }
    expect((await api.get(LIMITS)).body).toEqual({})
    await saveLimits(api, limits)
    expect((await api.get(LIMITS)).body).toEqual(limits)
    await saveLimits(api, { max_downloads: 6, quiet_hours: null })
    expect((await api.get(LIMITS)).body).toEqual({ max_downloads: 6 })
    const { body } = await api.get('/api/management/v1/auditlogs/logs?object_type=settings')
    expect(body[0]).toMatchObject({ action: 'update', change: expect.stringContaining('+max_downloads: 6') })
  })

  test.each([
    ['max_downloads', { max_downloads: 0 }],
    ['max_downloads', { max_downloads: 'many' }],
    ['quiet_hours.windows', { quiet_hours: { windows: [{ from: '00:00', to: '24:00' }] } }],
    ['by_attribute', { by_attribute: { scope: 'inventory', max_downloads: 1 } }],
    ['additional properties', { unknown: 1 }],
  ])('with a wrong %s are refused and leave the others as they were', async (field, limits) => {
    const { status, text } = await api.put(LIMITS, limits)
    expect({ status, text }).toEqual({ status: 400, text: expect.stringContaining(field) })
    expect((await api.get(LIMITS)).body).toEqual({})
  })
})
