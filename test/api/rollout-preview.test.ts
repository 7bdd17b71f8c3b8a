import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import type { SimulatedDevice } from '../../src/simulate/simulated-device.ts'
import type { Api } from '../support/api.ts'
import { abort, deploy, inventoryTerm, poll, reportAll, saveFilter, show, V1, V2 } from '../support/deploy.ts'
import { enrol } from '../support/device.ts'
import { useServer } from '../support/fixtures.ts'
import { DAY, HOUR, MINUTE, rolloutFleet, rolloutOf } from '../support/rollouts.ts'

const server = useServer()

const RECIPES = '/api/management/v2/deployments/recipes'
/** What a deployment and its preview show of the rules. */
const RULES = [
  ...['recipe', 'failure_policy', 'confirm_within_minutes', 'max_in_flight', 'max_in_flight_percent'],
  ...['offers_per_minute', 'order', 'windows', 'time_zone', 'blackouts'],
]

type Body = Record<string, unknown>
const complete = (body: Body) => ({ name: 'production', artifact_name: 'release-1', ...body })

const previewOf = (api: Api, body: Body) => api.post(`${V2}/preview`, complete(body))

async function previewed(api: Api, body: Body) {
  const response = await previewOf(api, body)
  expect(response).toMatchObject({ status: 200 })
  return response.body
}

const inTime = (ms: number) => new Date(server.env.now().getTime() + ms).toISOString()
const clockIn = (ms: number) => inTime(ms).slice(11, 16)
const only = (from: Body) => Object.fromEntries(RULES.map((name) => [name, from[name]]))

describe('the preview of a rollout', () => {
  const lab = 3
  let fleet: Awaited<ReturnType<typeof rolloutFleet>>
  let lab_id: string
  let region_id: string
  beforeAll(async () => {
    fleet = await rolloutFleet(server, 20)
    const { api, ids } = fleet
    for (const id of ids.slice(0, lab))
      await api.put(`/api/management/v1/inventory/devices/${id}/tags`, [{ name: 'place', value: 'lab' }])
    lab_id = await saveFilter(api, { scope: 'tags', attribute: 'place', type: '$eq', value: 'lab' })
    region_id = await saveFilter(api, inventoryTerm('number', '19'))
    await api.patch('/api/management/v1/inventory/groups/fleet/devices', ids.slice(0, 15))
  })

  /** Some of these are refused. */
  const bodies = () => {
    const { ids } = fleet
    const optional = <Value>(...values: Value[]) => fc.constantFrom(undefined, undefined, null, ...values)
    const gate = optional<object>(
      { success_percent: 95, soak_minutes: 60 },
      { success_percent: 50, of: 'ended' },
      { approval: 'other_user', verdicts: ['grafana'] },
      { success_percent: 0 },
    )
    const phase = fc.oneof(
      { weight: 3, arbitrary: fc.record({ batch_size: fc.constantFrom(5, 10, 25, 50), gate }) },
      fc.record({ device_ids: fc.constantFrom(ids.slice(0, 1), [...ids.slice(1, 3), 'nobody'], ['nobody']), gate }),
      fc.record({ filter_id: fc.constant(lab_id), gate }),
      fc.record({ batch_size: fc.constant(10), start_ts: fc.constantFrom('2026-01-01T00:00:00Z', inTime(DAY)), gate }),
    )
    return fc.record({
      target: fc.constantFrom<Body>(
        { filter_id: fleet.filter_id },
        { filter_id: fleet.filter_id, max_devices: 7 },
        { devices: ids.slice(0, 12) },
        { devices: [...ids.slice(0, 3), 'not there'] },
        { all_devices: true },
        { group: 'fleet' },
      ),
      rules: fc.record({
        phases: fc.oneof(
          { weight: 1, arbitrary: fc.constant(undefined) },
          { weight: 3, arbitrary: fc.array(phase, { maxLength: 3 }).map((list) => [...list, {}]) },
        ),
        gate: fc.oneof({ weight: 3, arbitrary: fc.constant<object>({ success_percent: 90 }) }, gate),
        recipe: optional('careful', 'normal', 'all at once', 'none'),
        failure_policy: optional<object>(
          { max_failures: 2 },
          { max_failure_percent: 10, min_ended: 5, scope: 'deployment', timeout_minutes: 60 },
          { max_failures: 1, action: 'rollback', rollback_artifact_name: 'release-0' },
          { max_failures: 1, action: 'rollback', rollback_artifact_name: 'release-9' },
        ),
        confirm_within_minutes: optional(60),
        max_in_flight: optional(3, 500),
        max_in_flight_percent: optional(1, 30),
        offers_per_minute: optional(100),
        order: optional('random', 'first_come'),
        exclude: optional<object>(
          { device_ids: ids.slice(0, 2) },
          { filter_id: lab_id },
          { filter_id: region_id, device_ids: ['nobody', ids[5]] },
        ),
        windows: optional<object[]>([{ days: ['sat', 'sun'], from: '01:00', to: '05:00' }]),
        blackouts: optional<object[]>([{ from: '2026-12-20', to: '2027-01-02' }]),
      }),
    })
  }

  /** Creates the deployment with the route for its target. */
  const create = ({ group, ...target }: Body, rules: Body) => {
    const path = group ? `${V1}/group/${group}` : target.filter_id ? V2 : V1
    return fleet.api.post(path, complete({ ...target, ...rules }))
  }

  test('equals the deployment that is created, in each member; what one refuses the other refuses', async () => {
    const { api } = fleet
    let created = 0
    await fc.assert(
      fc.asyncProperty(bodies(), async ({ target, rules }) => {
        const preview = await previewOf(api, { ...target, ...rules })
        const response = await create(target, rules)
        if (response.status !== 201) {
          expect([preview.status, preview.body.error]).toEqual([response.status, response.body.error])
          return
        }
        created++
        const id = response.headers.get('location')?.split('/').at(-1) ?? ''
        const deployment = await show(api, id)
        expect(preview.status).toBe(200)
        expect(only(preview.body)).toEqual(only(deployment))
        const { phases = [], initial_device_count, max_devices, exclude } = deployment
        expect(preview.body).toMatchObject({ device_count: initial_device_count })
        expect(preview.body.max_devices).toBe(max_devices)
        expect(preview.body.phases).toEqual(phases.map(asPreviewed))
        expect(preview.body.excluded !== undefined).toBe(exclude !== undefined)
        const plain = await previewed(api, { ...target, gate: null })
        expect(plain.device_count - (preview.body.excluded ?? 0)).toBe(initial_device_count)
        for (const path of [V1, V2]) expect((await api.get(`${path}?id=${id}`)).body).toEqual([deployment])
        await abort(api, id)
      }),
      { numRuns: 80 },
    )
    expect(created).toBeGreaterThan(20)
  }, 360_000)

  // biome-ignore lint/suspicious/noExplicitAny: a phase as the API returns it
  const asPreviewed = ({ batch_size, start_ts, capacity, device_ids, filter, gate }: any) => ({
    batch_size,
    ...(start_ts === undefined ? {} : { start_ts }),
    ...(capacity === undefined ? {} : { device_count: capacity }),
    ...(device_ids || filter ? { named: true } : {}),
    ...(gate ? { gate } : {}),
  })

  test('has the number of devices of each phase, and of those that are excluded', async () => {
    const { api, filter_id, ids } = fleet
    const phases = [{ filter_id: lab_id }, { device_ids: ids.slice(10, 12) }, { batch_size: 50 }, {}]
    const body = { filter_id, phases, gate: { success_percent: 90 }, exclude: { device_ids: [...ids.slice(18), 'x'] } }
    expect(await previewed(api, body)).toMatchObject({
      ...{ device_count: 18, excluded: 2 },
      phases: [
        { batch_size: 0, device_count: 3, named: true, gate: { success_percent: 90, of: 'capacity' } },
        { batch_size: 0, device_count: 2, named: true },
        { batch_size: 50, device_count: 6 },
        { batch_size: 50 },
      ],
    })
    const fixed = await previewed(api, { ...body, filter_id: undefined, devices: ids })
    expect(fixed.phases[3]).toEqual({ batch_size: 50, device_count: 7 })
  })

  test('writes nothing', async () => {
    const { api, filter_id } = fleet
    const before = (await api.get(V2)).headers.get('x-total-count')
    await previewed(api, { filter_id, recipe: 'careful', order: 'random', max_in_flight: 1 })
    expect((await api.get(V2)).headers.get('x-total-count')).toBe(before)
  })
})

describe('the first offer in a preview', () => {
  test('is possible at once, at the start of the first phase, or when the first window opens', async () => {
    const { api, filter_id } = await rolloutFleet(server, 2)
    const firstOf = async (body: Body) => Date.parse((await previewed(api, { filter_id, ...body })).first_offer)
    const now = server.env.now().getTime()
    const at_once = await firstOf({})
    expect([at_once >= now, at_once < now + MINUTE]).toEqual([true, true])
    const start_ts = inTime(3 * HOUR)
    const scheduled = { phases: [{ batch_size: 50, start_ts, gate: { soak_minutes: 5 } }, {}] }
    expect(await firstOf(scheduled)).toBe(Date.parse(start_ts))
    const windows = [{ from: clockIn(2 * HOUR), to: clockIn(4 * HOUR) }]
    const opens = await firstOf({ windows })
    expect([opens > now + HOUR, opens <= now + 2 * HOUR, opens % MINUTE]).toEqual([true, true, 0])
    expect(await firstOf({ ...scheduled, windows })).toBe(Date.parse(start_ts))
    const later = [{ from: clockIn(HOUR), to: clockIn(2 * HOUR) }]
    expect((await firstOf({ ...scheduled, windows: later })) - opens).toBeGreaterThan(20 * HOUR)
  })

  test('is absent if all days are blackouts', async () => {
    const { api, filter_id } = await rolloutFleet(server, 1)
    const blackouts = [{ from: '2020-01-01', to: '2099-12-31' }]
    const { first_offer, outside_window } = await previewed(api, { filter_id, blackouts })
    expect([first_offer, outside_window]).toEqual([undefined, 1])
  })

  test('depends on the time zones of the devices, as their number outside of the windows does', async () => {
    const { api, tenant, filter_id } = await rolloutFleet(server, 1)
    const zones = ['Asia/Tokyo', 'Asia/Tokyo', 'nowhere']
    const devices = await enrol(server, tenant, 3, (i) => ({ foo: 'foo', zone: zones[i]! }))
    const time_zone = { attribute: 'zone', scope: 'inventory', fallback: 'UTC' }
    const windows = [{ from: clockIn(8 * HOUR), to: clockIn(10 * HOUR) }]
    const body = { filter_id, windows, time_zone }
    const now = server.env.now().getTime()
    const preview = await previewed(api, body)
    expect(preview).toMatchObject({ device_count: 4, outside_window: 2 })
    expect(Date.parse(preview.first_offer)).toBeLessThan(now + MINUTE)
    const others = await previewed(api, { ...body, exclude: { device_ids: devices.slice(0, 2).map(({ id }) => id) } })
    expect(others).toMatchObject({ device_count: 2, outside_window: 2, excluded: 2 })
    expect(Date.parse(others.first_offer)).toBeGreaterThan(now + 7 * HOUR)
    expect(await previewed(api, { filter_id })).not.toHaveProperty('outside_window')
  })
})

/** The number of devices that are offered the deployment, if all others ask before the next one fails. */
async function touchedIfAllFail(devices: readonly SimulatedDevice[], id: string, retries: number): Promise<number> {
  const offered = new Set<SimulatedDevice>()
  const ask = async () => {
    for (const device of devices) if (!offered.has(device) && (await poll(device)).status === 200) offered.add(device)
  }
  await ask()
  // Also over those that are added while it runs.
  for (const device of offered) {
    for (let attempt = 0; attempt <= retries; attempt++) {
      await poll(device)
      await reportAll([device], id, 'failure')
    }
    await ask()
  }
  return offered.size
}

describe('the worst case in a preview', () => {
  const gated = { phases: [{ batch_size: 30 }, {}], gate: { success_percent: 90 } }
  const CASES: [rules: Body, touched: number][] = [
    [{}, 10],
    [{ failure_policy: { timeout_minutes: 60 } }, 10],
    [{ max_in_flight: 3 }, 10],
    [{ failure_policy: { max_failures: 3 } }, 10],
    [{ failure_policy: { max_failures: 3 }, max_in_flight: 2 }, 4],
    [{ failure_policy: { max_failures: 1 }, max_in_flight: 1 }, 1],
    [{ failure_policy: { max_failures: 4 }, max_in_flight_percent: 30 }, 6],
    [{ failure_policy: { max_failure_percent: 50, min_ended: 3 }, max_in_flight: 2 }, 4],
    [{ failure_policy: { max_failure_percent: 50 }, max_in_flight: 4 }, 4],
    [{ failure_policy: { max_failures: 9 }, ...gated }, 3],
    [{ failure_policy: { max_failures: 2 }, max_in_flight: 1, ...gated }, 2],
    [{ failure_policy: { max_failures: 2, scope: 'deployment' }, max_in_flight: 1, ...gated }, 2],
    [{ failure_policy: { max_failures: 2 }, max_in_flight: 2, order: 'random' }, 3],
    [{ failure_policy: { max_failures: 2 }, max_in_flight: 2, retries: 1 }, 3],
  ]

  test.each(CASES)('is what happens if everything fails: %j', async (rules, touched) => {
    const { api, ids, devices } = await rolloutFleet(server, 10)
    const preview = await previewed(api, { devices: ids, ...rules })
    expect(preview.worst_case).toEqual({ devices_touched: touched, of: 10 })
    const id = await deploy(api, { devices: ids, ...rules })
    expect(await touchedIfAllFail(devices, id, Number(rules.retries ?? 0))).toBe(touched)
  })

  test('of a dynamic deployment is out of its device limit', async () => {
    const { api, filter_id } = await rolloutFleet(server, 10)
    const { worst_case } = await previewed(api, { filter_id, max_devices: 6 })
    expect(worst_case).toEqual({ devices_touched: 6, of: 6 })
  })
})

describe('a recipe', () => {
  test('is resolved when the deployment is created, and stays as it was then', async () => {
    const { api, filter_id } = await rolloutFleet(server, 20)
    const { gate, failure_policy } = (await api.get(RECIPES)).body.find(
      ({ name }: { name: string }) => name === 'careful',
    )
    const preview = await previewed(api, { filter_id, recipe: 'careful' })
    const id = await deploy(api, { filter_id, recipe: 'careful' })
    await api.put(`${RECIPES}/careful`, { max_in_flight: 1 })
    const deployment = await show(api, id)
    expect(only(preview)).toEqual(only(deployment))
    expect(deployment).toMatchObject({
      ...{ recipe: 'careful', failure_policy },
      // 1 % of 20 devices is less than a device.
      phases: [
        ...[
          { batch_size: 1, capacity: 1, gate },
          { batch_size: 10, capacity: 2, gate },
        ],
        ...[{ batch_size: 50, capacity: 10, gate }, { batch_size: 39 }],
      ],
    })
    expect(deployment.phases[3]).not.toHaveProperty('gate')
    const later = await show(api, await deploy(api, { filter_id, recipe: 'careful' }))
    expect(later).toMatchObject({ recipe: 'careful', max_in_flight: 1 })
    expect(later).not.toHaveProperty('phases')
    expect(later).not.toHaveProperty('failure_policy')
  })

  test('gives way to the members of the request, each as a whole', async () => {
    const { api, ids } = await rolloutFleet(server, 10)
    const phases = [{ batch_size: 20 }, {}]
    const own = { phases, gate: { success_percent: 70 }, failure_policy: { max_failures: 3 }, order: null }
    const id = await deploy(api, { devices: ids, recipe: 'normal', ...own })
    expect(await show(api, id)).toMatchObject({
      ...{ recipe: 'normal', failure_policy: { max_failures: 3, scope: 'phase', action: 'pause' } },
      phases: [{ capacity: 2, gate: { success_percent: 70 } }, { capacity: 8 }],
    })
    expect((await show(api, id)).failure_policy).not.toHaveProperty('timeout_minutes')
  })

  test('without rules makes a deployment without rules', async () => {
    const { api, ids, devices } = await rolloutFleet(server, 3)
    const id = await deploy(api, { devices: ids, recipe: 'all at once' })
    const deployment = await show(api, id)
    expect(deployment).toMatchObject({ recipe: 'all at once', rollout: { state: 'running' } })
    for (const name of RULES.slice(1)) expect(deployment).not.toHaveProperty(name)
    for (const device of devices) expect(await poll(device)).toMatchObject({ status: 200, body: { id } })
  })

  test('is for any number of devices: each phase has one, as far as there are devices', async () => {
    const { api, ids, devices } = await rolloutFleet(server, 3)
    const id = await deploy(api, { devices: ids.slice(0, 1), recipe: 'careful' })
    expect((await show(api, id)).phases).toMatchObject([{ capacity: 1 }])
    await abort(api, id)
    const half = await deploy(api, { devices: ids, recipe: 'careful' })
    expect((await show(api, half)).phases).toMatchObject([
      { capacity: 1, gate: {} },
      { capacity: 1, gate: {} },
      { capacity: 1 },
    ])
    expect(
      (await Promise.all(devices.map((device) => poll(device)))).filter(({ status }) => status === 200),
    ).toHaveLength(1)
    expect(await rolloutOf(api, half)).toMatchObject({ state: 'held', in_flight: 1 })
  })

  test('whose first phase names the whole target has no other phase', async () => {
    const { api, filter_id, ids } = await rolloutFleet(server, 2)
    const gate = { success_percent: 100 }
    await api.put(`${RECIPES}/lab`, { phases: [{ filter_id, gate }, { batch_size: 10, gate }, {}] })
    const id = await deploy(api, { devices: ids, recipe: 'lab' })
    const { phases } = await show(api, id)
    expect(phases).toMatchObject([{ capacity: 2, filter: { id: filter_id } }])
    expect((await previewed(api, { devices: ids, recipe: 'lab' })).phases).toEqual([
      { batch_size: 0, device_count: 2, named: true },
    ])
  })
})
