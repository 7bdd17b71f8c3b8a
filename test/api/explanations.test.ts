import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import type { SimulatedDevice } from '../../src/simulate/simulated-device.ts'
import { uploadTestArtifact } from '../support/artifact.ts'
import { deploy, inventoryTerm, pollInTurn, reportAll, saveFilter, V1, V2 } from '../support/deploy.ts'
import { enrol } from '../support/device.ts'
import { saveLimits } from '../support/download-limits.ts'
import { useServer } from '../support/fixtures.ts'
import { expectCountersToEqualRows } from '../support/recount.ts'
import { explain, HOUR, offer, rolloutFleet, TYPED } from '../support/rollouts.ts'
import { isFull } from '../support/sample.ts'

const server = useServer()
afterEach(() => expectCountersToEqualRows(server.env.db))

const clockIn = (hours: number) => new Date(server.env.now().getTime() + hours * HOUR).toISOString().slice(11, 16)
/** A window that opens in three hours. */
const later = () => ({ windows: [{ from: clockIn(3), to: clockIn(6) }] })

describe('a device in the middle of a newer deployment', () => {
  test('never gets the older one: the explanation says so before it has finished', async () => {
    const { api, devices } = await rolloutFleet(server, 1)
    const [device] = devices as [SimulatedDevice]
    const older = await deploy(api, { filter_id: await saveFilter(api, inventoryTerm('foo', 'later')) })
    const newer = await deploy(api, { devices: [device.id] })
    const newest = await deploy(api, { devices: [device.id] })
    await offer([device], newer)
    await device.sendInventory({ foo: 'later' })
    expect(await explain(api, older, device)).toEqual({
      code: 'newer_deployment_begun',
      message: 'The device is in the middle of a newer deployment, and never goes back to an older one.',
      deployment_id: newer,
    })
    expect(await explain(api, newest, device)).toMatchObject({ code: 'busy', deployment_id: newer })
    await reportAll([device], newer, 'success')
    expect(await explain(api, older, device)).toMatchObject({ code: 'newer_deployment_finished' })
    await offer([device], newest)
  })
})

describe('a deployment that is full while its window is closed', () => {
  test('holds up no younger one, neither in the explanation nor in the offer', async () => {
    const { api, devices, filter_id, ids } = await rolloutFleet(server, 3)
    const [first, second, third] = devices as [SimulatedDevice, SimulatedDevice, SimulatedDevice]
    const windows = [{ from: clockIn(-1), to: clockIn(1) }]
    const full = await deploy(api, { filter_id, max_devices: 1, windows })
    await offer([first], full)
    server.advance(2 * HOUR)
    const younger = await deploy(api, { devices: ids })
    expect(await explain(api, full, second)).toMatchObject({ code: 'limit_reached' })
    expect(await explain(api, younger, second)).toMatchObject({ code: 'waits_for_poll' })
    await offer([second, third], younger)
  })

  test('lets a device go that waited for the window when it became full', async () => {
    const { api, devices, ids } = await rolloutFleet(server, 2)
    const [here, there] = devices as [SimulatedDevice, SimulatedDevice]
    await there.sendInventory({ ...TYPED, timezone: 'Asia/Tokyo' })
    const time_zone = { scope: 'inventory', attribute: 'timezone', fallback: 'UTC' }
    const filter_id = await saveFilter(api, inventoryTerm('foo', 'foo'))
    // In the window of the one are nine hours that are outside of that of the other.
    const older = await deploy(api, {
      filter_id,
      max_devices: 1,
      windows: [{ from: clockIn(-1), to: clockIn(1) }],
      time_zone,
    })
    const younger = await deploy(api, { devices: ids })
    expect(await pollInTurn([there, there])).toEqual([204, 204])
    expect(await explain(api, older, there)).toMatchObject({ code: 'waits_for_window' })
    expect(await explain(api, younger, there)).toMatchObject({ code: 'waits_for_older', deployment_id: older })
    await offer([here], older)
    expect(await explain(api, younger, there)).toMatchObject({ code: 'waits_for_poll' })
    await offer([there], younger)
  })
})

test('a device that waits behind a deployment gets the next one once the first is aborted for it alone', async () => {
  const { api, devices, ids } = await rolloutFleet(server, 2)
  const [device] = devices as [SimulatedDevice]
  const older = await deploy(api, { devices: ids })
  expect(await api.post(`${V2}/${older}/pause`)).toMatchObject({ status: 204 })
  const younger = await deploy(api, { devices: ids })
  expect(await pollInTurn([device, device])).toEqual([204, 204])
  await api.delete(`${V1}/devices/${device.id}`)
  expect(await explain(api, younger, device)).toMatchObject({ code: 'waits_for_poll' })
  await offer([device], younger)
})

test('a device that needs no update waits for no place among those that do', async () => {
  const { api, devices, filter_id } = await rolloutFleet(server, 2)
  const [first, second] = devices as [SimulatedDevice, SimulatedDevice]
  const id = await deploy(api, { filter_id, max_in_flight: 1 })
  await second.sendInventory({ ...TYPED, artifact_name: 'release-1' })
  await offer([first], id)
  expect(await explain(api, id, second)).toMatchObject({ code: 'already_installed' })
})

/** What happens to a small fleet, by small numbers. */
const ACTIONS = [
  'deploy',
  'poll',
  'report',
  'move',
  'pin',
  'pause',
  'limits',
  'wait',
  'abort',
  'forget',
  'end',
] as const
const action = fc.record({
  kind: fc.constantFrom(...ACTIONS, 'deploy' as const, 'poll' as const, 'poll' as const),
  device: fc.nat(2),
  deployment: fc.nat(3),
  variant: fc.nat(9),
})
type Action = typeof action extends fc.Arbitrary<infer Value> ? Value : never

const KINDS = ['a', 'b']

async function fleet() {
  const tenant = await server.tenant()
  const { api } = tenant
  for (const name of ['release-1', 'release-0']) await uploadTestArtifact(api, { name })
  const filters = await Promise.all(KINDS.map((kind) => saveFilter(api, inventoryTerm('kind', kind))))
  const provided = KINDS.map((kind, i) => provides(kind, i))
  const devices = await enrol(server, tenant, 3, (i) => provided[i % 2]!)
  const now = new Map(devices.map(({ id }, i) => [id, provided[i % 2]!]))
  return { api, filters, devices, now, deployments: [] as { id: string; paused: boolean }[], pinned: new Set<string>() }
}
type Fleet = Awaited<ReturnType<typeof fleet>>

/** What a device reports: some run the release already, and some are of a type that no artifact is for. */
const provides = (kind: string, variant: number) => ({
  ...{ kind, device_type: variant === 5 ? 'another' : 'qemux86-64' },
  artifact_name: variant === 3 ? 'release-1' : 'factory',
})

async function run(fleet: Fleet, one: Action) {
  const { api, devices, deployments } = fleet
  const device = devices[one.device]!
  const deployment = deployments.at(-1 - one.deployment)
  const nameless: Partial<Record<Action['kind'], () => Promise<unknown>>> = {
    deploy: () => create(fleet, one),
    poll: () => expectExplained(fleet, device),
    move: () => move(fleet, device, one),
    pin: () => changePin(fleet, device),
    limits: () => saveLimits(api, LIMITS[one.variant % LIMITS.length]!()),
    wait: async () => server.advance((1 + (one.variant % 3)) * HOUR),
    end: () => api.delete(`${V1}/devices/${device.id}`),
    forget: () => api.delete(`${V1}/devices/${device.id}/history`),
  }
  const named: Partial<Record<Action['kind'], () => Promise<unknown>>> = {
    report: async () => deployment && device.report(deployment.id, REPORTS[one.variant % REPORTS.length]!),
    abort: async () => deployment && api.put(`${V1}/${deployment.id}/status`, { status: 'aborted' }),
    pause: async () => deployment && changePause(fleet, deployment),
  }
  await (nameless[one.kind] ?? named[one.kind])?.()
}

const REPORTS = ['success', 'failure', 'installing']
const LIMITS = [
  () => ({}),
  () => ({ max_downloads: 1 }),
  () => ({ quiet_hours: { windows: [{ from: clockIn(-1), to: clockIn(2) }] } }),
]

async function create({ api, filters, devices, deployments }: Fleet, { variant, device }: Action) {
  const filter_id = filters[device % 2]!
  const second = { start_ts: new Date(server.env.now().getTime() + 4 * HOUR).toISOString() }
  const bodies = [
    { filter_id },
    { filter_id, max_devices: 1 },
    { filter_id, max_devices: 1, ...later() },
    { filter_id, max_devices: 2, phases: [{ batch_size: 50 }, second] },
    { filter_id, max_in_flight: 1, retries: 1 },
    { filter_id, offers_per_minute: 1 },
    { devices: devices.map(({ id }) => id) },
    { devices: [devices[device]!.id], retries: 1 },
    { devices: devices.map(({ id }) => id), ...later() },
    { filter_id, exclude: { device_ids: [devices[device]!.id] }, force_installation: true },
  ]
  const body = { name: 'one', artifact_name: 'release-1', ...bodies[variant] }
  const response = await api.post('devices' in body ? V1 : V2, body)
  // A phase or a list without a device that may be updated is refused.
  if (response.status !== 201) return expect([400, 422], JSON.stringify(response.body)).toContain(response.status)
  return deployments.push({ id: response.headers.get('location')?.split('/')[5] ?? '', paused: false })
}

async function move({ now }: Fleet, device: SimulatedDevice, { variant }: Action) {
  const moved = provides(KINDS[variant % 2]!, variant)
  now.set(device.id, moved)
  await device.sendInventory(moved)
}

async function changePin({ api, pinned }: Fleet, { id }: SimulatedDevice) {
  const path = `${V2}/devices/${id}/pin`
  if (pinned.delete(id)) return expect(await api.delete(path)).toMatchObject({ status: 204 })
  pinned.add(id)
  return expect(await api.put(path, { reason: 'on the stand' })).toMatchObject({ status: 204 })
}

async function changePause({ api }: Fleet, deployment: Fleet['deployments'][number]) {
  const path = `${V2}/${deployment.id}/${deployment.paused ? 'resume' : 'pause'}`
  if ((await api.post(path)).status === 204) deployment.paused = !deployment.paused
}

type Explained = { deployment: { id: string }; explanation: { code: string; deployment_id?: string } }

/** Explanations of all unfinished deployments to a device, and then its poll, which must do what they say. */
async function expectExplained({ api, now }: Fleet, device: SimulatedDevice) {
  const explained: Explained[] = (await api.get(`${V2}/devices/${device.id}/explain?per_page=20`)).body
  const before = await assignedOf(api, device)
  const { kind: _, ...provided } = now.get(device.id)!
  const response = await device.next(provided)
  const after = (await assignedOf(api, device)).filter((id) => !before.includes(id))
  const codes = new Map(explained.map(({ deployment, explanation }) => [deployment.id, explanation]))
  const seen = JSON.stringify({ explained: [...codes], status: response.status, body: response.body, after })
  const withCode = (wanted: readonly string[]) =>
    [...codes].flatMap(([id, { code }]) => (wanted.includes(code) ? [id] : []))
  expect(after, seen).toEqual(withCode(['waits_for_poll', 'already_installed', 'no_artifact', 'downgrade']))
  const offered = withCode(['waits_for_poll'])
  if (offered.length > 0) expect(response, seen).toMatchObject({ status: 200, body: { id: offered[0] } })
  else if (response.status === 200) expect(codes.get(response.body.id)?.code, seen).toBe('counted_in')
  for (const [, { code, deployment_id }] of codes) {
    if (code === 'busy' || code === 'newer_deployment_begun') expect(before, seen).toContain(deployment_id)
    if (code === 'waits_for_older')
      expect(codes.get(deployment_id ?? '')?.code, seen).toMatch(/^(?!limit|waits_for_older)/)
  }
}

const assignedOf = async (api: Fleet['api'], { id }: SimulatedDevice): Promise<string[]> =>
  (await api.get(`${V1}/devices/${id}?per_page=20`)).body.map(
    (row: { deployment: { id: string } }) => row.deployment.id,
  )

test('every explanation agrees with what the next poll of the device does', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 8, maxLength: 24 }), async (actions) => {
      const started = await fleet()
      for (const one of actions) await run(started, one)
      for (const device of started.devices) await expectExplained(started, device)
    }),
    { numRuns: isFull ? 200 : 12, endOnFailure: true },
  )
})
