import { afterEach, describe, expect, test } from 'vitest'
import { rankOf } from '../../src/deployments/rollout/rank.ts'
import type { SimulatedDevice } from '../../src/simulate/simulated-device.ts'
import type { Api } from '../support/api.ts'
import { DEVAUTH } from '../support/auth.ts'
import { abort, deploy, poll, reportAll, saveFilter, show, V1 } from '../support/deploy.ts'
import { enrol } from '../support/device.ts'
import { useServer } from '../support/fixtures.ts'
import { expectCountersToEqualRows } from '../support/recount.ts'
import {
  DAY,
  explain,
  gateOf,
  HOUR,
  install,
  MINUTE,
  OTHER_TYPE,
  offer,
  offerNothing,
  pause,
  phaseIds,
  resume,
  rolloutFleet,
  rolloutOf,
  UPDATED,
} from '../support/rollouts.ts'

const server = useServer()
afterEach(() => expectCountersToEqualRows(server.env.db))

const PAST = '2026-01-01T00:00:00.000Z'
const inTime = (ms: number) => new Date(server.env.now().getTime() + ms).toISOString()

/** Which of the devices are offered an update if all ask at the same time. */
async function offeredAtOnce(devices: readonly SimulatedDevice[]): Promise<SimulatedDevice[]> {
  const responses = await Promise.all(devices.map((device) => poll(device)))
  return devices.filter((_, i) => responses[i]?.status === 200)
}

describe('a phase after a gate', () => {
  const gate = { success_percent: 100, soak_minutes: 60 }

  test('opens at the first poll after the soak, although no task looks at it, and its own start is long past', async () => {
    const { api, filter_id, devices } = await rolloutFleet(server, 4)
    const id = await deploy(api, { filter_id, phases: [{ batch_size: 50, gate }, { start_ts: PAST }] })
    const [third, fourth] = devices.slice(2) as [SimulatedDevice, SimulatedDevice]
    await offer(devices.slice(0, 2), id)
    await offerNothing([third])
    server.advance(3 * DAY)
    await offerNothing([third])
    await reportAll(devices.slice(0, 2), id, 'success')
    await offerNothing([third])
    expect(await gateOf(api, id)).toMatchObject({ state: 'soaking' })
    server.advance(59 * MINUTE)
    await offerNothing([third, fourth])
    server.advance(MINUTE + 1000)
    await offer([third], id)
    await offer([fourth], id)
  })

  test('says what it waits for, with the numbers and the moment', async () => {
    const { api, filter_id, devices } = await rolloutFleet(server, 4)
    const id = await deploy(api, { filter_id, phases: [{ batch_size: 50, gate }, {}] })
    const [phase, next] = await phaseIds(api, id)
    const last = devices[3]!
    await install(devices.slice(0, 1), id)
    await offer(devices.slice(1, 2), id)
    const collecting = await explain(api, id, last)
    expect(collecting).toMatchObject({
      ...{ code: 'waits_for_gate', phase: { id: next }, gate: { state: 'collecting', succeeded: 1, base: 2 } },
      message:
        'The device waits for phase 2. Phase 2 opens when 2 of 2 devices have succeeded: 1 has, 0 failed, 1 is in flight; then it soaks for 1 h.',
    })
    expect(collecting).not.toHaveProperty('until')
    expect(await rolloutOf(api, id)).toMatchObject({ state: 'held', reason: { code: 'gate', phase_id: phase } })
    await reportAll(devices.slice(1, 2), id, 'success')
    const { opens_at } = await gateOf(api, id)
    const left = Date.parse(opens_at) - server.env.now().getTime()
    expect([left > 59 * MINUTE, left <= 60 * MINUTE]).toEqual([true, true])
    expect(await explain(api, id, last)).toMatchObject({ until: opens_at, message: expect.stringContaining(opens_at) })
    expect(await rolloutOf(api, id)).toMatchObject({ state: 'held', reason: { code: 'soak', phase_id: phase } })
  })

  test('waits for its start, too, if that is later', async () => {
    const { api, filter_id, devices } = await rolloutFleet(server, 2)
    const start_ts = inTime(DAY)
    const phases = [{ batch_size: 50, gate: { success_percent: 100 } }, { start_ts }]
    const id = await deploy(api, { filter_id, phases })
    await install(devices.slice(0, 1), id)
    expect(await gateOf(api, id)).toMatchObject({ state: 'open' })
    await offerNothing(devices.slice(1))
    expect(await explain(api, id, devices[1]!)).toMatchObject({ code: 'waits_for_phase', until: start_ts })
    server.advance(DAY)
    await offer(devices.slice(1), id)
  })

  test('waits for a whole soak without interruption', async () => {
    const { api, filter_id, devices } = await rolloutFleet(server, 10)
    const ended = { success_percent: 60, of: 'ended', soak_minutes: 60 }
    const id = await deploy(api, { filter_id, phases: [{ batch_size: 50, gate: ended }, {}] })
    await offer(devices.slice(0, 5), id)
    await reportAll(devices.slice(0, 1), id, 'success')
    server.advance(50 * MINUTE)
    await reportAll(devices.slice(1, 2), id, 'failure')
    expect(await gateOf(api, id)).toMatchObject({ state: 'collecting', success_percent: 50 })
    server.advance(20 * MINUTE)
    await reportAll(devices.slice(2, 3), id, 'success')
    expect(await gateOf(api, id)).toMatchObject({ state: 'soaking', success_percent: 66.66 })
    server.advance(50 * MINUTE)
    await offerNothing(devices.slice(5))
    server.advance(11 * MINUTE)
    await offer(devices.slice(5), id)
  })

  test('that has soaked unnoticed stays open, although a failure comes before the next poll', async () => {
    const { api, filter_id, devices } = await rolloutFleet(server, 4)
    const ended = { success_percent: 60, of: 'ended', soak_minutes: 60 }
    const id = await deploy(api, { filter_id, phases: [{ batch_size: 50, gate: ended }, {}] })
    await offer(devices.slice(0, 2), id)
    await reportAll(devices.slice(0, 1), id, 'success')
    const { opens_at } = await gateOf(api, id)
    server.advance(2 * HOUR)
    await reportAll(devices.slice(1, 2), id, 'failure')
    expect(await gateOf(api, id)).toMatchObject({ state: 'open', opened_at: opens_at, success_percent: 50 })
    await offer(devices.slice(2), id)
  })

  test('with a soak alone opens that long after the phase before it', async () => {
    const { api, ids, devices } = await rolloutFleet(server, 4)
    const start_ts = inTime(HOUR)
    const phases = [{ batch_size: 50, start_ts, gate: { soak_minutes: 120 } }, {}]
    const id = await deploy(api, { devices: ids, phases })
    expect(await show(api, id)).toMatchObject({ status: 'scheduled', phases: [{ progress: { state: 'closed' } }, {}] })
    server.advance(HOUR)
    await offer(devices.slice(0, 2), id)
    server.advance(119 * MINUTE)
    await offerNothing(devices.slice(2))
    server.advance(MINUTE + 1000)
    await offer(devices.slice(2), id)
  })

  test('waits for all gates before it, one after the other', async () => {
    const { api, ids, devices } = await rolloutFleet(server, 8)
    const phases = [{ batch_size: 25 }, { batch_size: 25 }, { batch_size: 25 }, {}]
    const id = await deploy(api, { devices: ids, phases, gate: { success_percent: 50 } })
    for (const n of [0, 2, 4, 6]) {
      const [first, second, third] = devices.slice(n) as [SimulatedDevice, SimulatedDevice, SimulatedDevice]
      await offer([first, second], id)
      if (third) await offerNothing([third])
      await reportAll([second], id, 'success')
    }
    const { phases: shown } = await show(api, id)
    expect(shown.map((phase: { progress?: { state: string } }) => phase.progress?.state)).toEqual([
      ...['open', 'open', 'open'],
      undefined,
    ])
  })
})

describe('max_in_flight', () => {
  test.each([
    ['devices', { max_in_flight: 3 }, 3],
    ['percent, rounded down', { max_in_flight_percent: 35 }, 3],
    ['percent, but at least one device', { max_in_flight_percent: 1 }, 1],
    ['both: the lower one', { max_in_flight: 5, max_in_flight_percent: 20 }, 2],
  ])('in %s is never exceeded and used up, whatever asks at the same time', async (_, limit, most) => {
    const { api, ids, devices } = await rolloutFleet(server, 10)
    const id = await deploy(api, { devices: ids, ...limit })
    let waiting = devices
    let working: SimulatedDevice[] = []
    while (waiting.length > 0 || working.length > 0) {
      const offered = await offeredAtOnce(waiting)
      waiting = waiting.filter((device) => !offered.includes(device))
      working = [...working, ...offered]
      expect(working).toHaveLength(Math.min(most, waiting.length + working.length))
      expect((await rolloutOf(api, id)).in_flight).toBe(working.length)
      const [ending, ...others] = working as [SimulatedDevice, ...SimulatedDevice[]]
      await reportAll([ending], id, 'success')
      working = others
    }
    expect(await show(api, id)).toMatchObject({ status: 'finished' })
  })

  test('counts a device until it is confirmed or its time is over, and says so', async () => {
    const { api, ids, devices } = await rolloutFleet(server, 4)
    const failure_policy = { timeout_minutes: 30 }
    const rules = { max_in_flight: 1, confirm_within_minutes: 60, failure_policy }
    const id = await deploy(api, { devices: ids, ...rules })
    const [first, second, third] = devices as [SimulatedDevice, SimulatedDevice, SimulatedDevice]
    await install([first], id)
    await offerNothing([second])
    expect(await explain(api, id, second)).toMatchObject({
      ...{ code: 'waits_for_slot' },
      message: 'At most 1 device may work on the deployment at the same time; 1 does.',
    })
    await offerNothing([first], UPDATED)
    await offer([second], id)
    await offerNothing([third])
    server.advance(31 * MINUTE)
    await server.supervise()
    await offer([third], id)
    expect(await rolloutOf(api, id)).toMatchObject({ in_flight: 1, timed_out: 1 })
  })

  test('does not keep waiting those that install nothing', async () => {
    const { api, ids, devices } = await rolloutFleet(server, 4)
    const id = await deploy(api, { devices: ids, max_in_flight: 1 })
    await offer(devices.slice(0, 1), id)
    await offerNothing(devices.slice(1, 2), UPDATED)
    await offerNothing(devices.slice(2, 3), OTHER_TYPE)
    await offerNothing(devices.slice(3))
    const { status } = (await show(api, id)).statistics
    expect(status).toMatchObject({ 'already-installed': 1, noartifact: 1, pending: 2 })
  })

  test('holds across the phases of the deployment, and for each deployment separately', async () => {
    const { api, filter_id, devices } = await rolloutFleet(server, 6)
    const id = await deploy(api, { filter_id, max_in_flight: 2, phases: [{ batch_size: 17 }, { start_ts: PAST }] })
    expect(await offeredAtOnce(devices.slice(0, 5))).toHaveLength(2)
    const other = await deploy(api, { devices: [devices[5]!.id], max_in_flight: 1, artifact_name: 'release-0' })
    await offerNothing(devices.slice(5))
    await abort(api, id)
    await offer(devices.slice(5), other)
  })
})

describe('offers_per_minute', () => {
  test('is used up at once, then waits for a minute after the offers, and says until when', async () => {
    const { api, ids, devices } = await rolloutFleet(server, 8)
    const id = await deploy(api, { devices: ids, offers_per_minute: 3 })
    const first = await offeredAtOnce(devices)
    expect(first).toHaveLength(3)
    const waiting = devices.filter((device) => !first.includes(device))
    const { until, ...explained } = await explain(api, id, waiting[0]!)
    expect(explained).toMatchObject({ code: 'waits_for_rate', message: expect.stringContaining('3 offers a minute') })
    const left = Date.parse(until) - server.env.now().getTime()
    expect([left > 50_000, left <= 61_000]).toEqual([true, true])
    server.advance(45_000)
    await offerNothing(waiting)
    server.advance(17_000)
    expect(await offeredAtOnce(waiting)).toHaveLength(3)
  })

  test('holds over any 60 seconds', async () => {
    const { api, ids, devices } = await rolloutFleet(server, 40)
    await deploy(api, { devices: ids, offers_per_minute: 5 })
    let waiting = devices
    const times: number[] = []
    for (let round = 0; waiting.length > 0; round++) {
      // Few at a time, so that offers are spread over the minute.
      const asking = waiting.slice(0, 1 + (round % 3))
      const before = server.env.now().getTime()
      const offered = await offeredAtOnce(asking)
      // As late as it can have been for the one, as early for the other.
      times.push(...offered.map(() => before))
      waiting = waiting.filter((device) => !offered.includes(device))
      server.advance(7000 + (round % 5) * 1000)
    }
    for (const [i, time] of times.entries()) {
      const within = times.slice(i).filter((other) => other < time + 59_000)
      expect(within.length).toBeLessThanOrEqual(5)
    }
    // 40 offers at 5 a minute: 7 full minutes pass, and a second is lost in each.
    expect(times.at(-1)! - times[0]!).toBeLessThan(9 * MINUTE)
  })

  test('counts further attempts, too', async () => {
    const { api, ids, devices } = await rolloutFleet(server, 2)
    const id = await deploy(api, { devices: ids, offers_per_minute: 1, retries: 1 })
    await install(devices.slice(0, 1), id, 'failure')
    await offerNothing(devices)
    server.advance(62_000)
    await offer(devices.slice(0, 1), id)
    await offer(devices.slice(0, 1), id)
    await offerNothing(devices.slice(1))
  })
})

describe('in random order', () => {
  const byRank = (id: string, devices: readonly SimulatedDevice[]) =>
    devices.toSorted((a, b) => rankOf(id, a.id) - rankOf(id, b.id))

  test('each phase has exactly its number of devices: those of its ranks, whenever they ask', async () => {
    const { api, filter_id, devices } = await rolloutFleet(server, 20)
    const phases = [{ batch_size: 10 }, { batch_size: 25, start_ts: inTime(HOUR) }, { start_ts: inTime(2 * HOUR) }]
    for (const asking of [devices, devices.toReversed()]) {
      const id = await deploy(api, { filter_id, order: 'random', phases: phases.map((phase) => ({ ...phase })) })
      const ranked = byRank(id, devices)
      expect(await offeredAtOnce(asking)).toEqual(asking.filter((device) => ranked.indexOf(device) < 2))
      const waiting = asking.filter((device) => ranked.indexOf(device) >= 2)
      await offerNothing(waiting)
      const [, second, third] = await phaseIds(api, id)
      expect(await explain(api, id, ranked[2]!)).toMatchObject({ code: 'waits_for_phase', phase: { id: second } })
      expect(await explain(api, id, ranked[7]!)).toMatchObject({ code: 'waits_for_phase', phase: { id: third } })
      expect((await show(api, id)).phases).toMatchObject([{ capacity: 2, device_count: 2 }, { capacity: 5 }, {}])
      await abort(api, id)
    }
    const id = await deploy(api, { filter_id, order: 'random', phases })
    const ranked = byRank(id, devices)
    server.advance(HOUR)
    // A device waits for its phase even if an earlier one has room.
    expect(await offeredAtOnce(ranked.slice(2))).toEqual(ranked.slice(2, 7))
    server.advance(HOUR)
    await offer(ranked.slice(7), id)
    await offer(ranked.slice(0, 2), id)
    expect((await show(api, id)).phases.map((phase: { device_count: number }) => phase.device_count)).toEqual([
      2, 5, 13,
    ])
  })

  test('devices that join later are in the phase of their rank, which grows', async () => {
    const { api, tenant, filter_id, devices } = await rolloutFleet(server, 10)
    const id = await deploy(api, {
      ...{ filter_id, order: 'random', phases: [{ batch_size: 50 }, { start_ts: inTime(HOUR) }] },
    })
    const ranked = byRank(id, devices)
    await offer(ranked.slice(0, 5), id)
    const joining = await enrol(server, tenant, 20, { foo: 'foo' })
    const bound = rankOf(id, ranked[5]!.id)
    const expected = joining.filter((device) => rankOf(id, device.id) < bound)
    expect(await offeredAtOnce(joining)).toEqual(expected)
    const size = 5 + expected.length
    expect((await show(api, id)).phases[0]).toMatchObject({ device_count: size, capacity: Math.max(5, size) })
  })

  test('one phase takes all devices', async () => {
    const { api, filter_id, devices } = await rolloutFleet(server, 3)
    const id = await deploy(api, { filter_id, order: 'random', phases: [{ start_ts: inTime(HOUR) }] })
    await offerNothing(devices)
    server.advance(2 * HOUR)
    await offer(devices, id)
    expect((await show(api, id)).phases).toMatchObject([{ device_count: 3 }])
  })

  test('static deployments and their gates follow the ranks as well', async () => {
    const { api, ids, devices } = await rolloutFleet(server, 8)
    const phases = [{ batch_size: 25 }, { batch_size: 25 }, {}]
    const id = await deploy(api, { devices: ids, order: 'random', phases, gate: { success_percent: 100 } })
    const ranked = byRank(id, devices)
    await offerNothing(ranked.slice(2))
    await install(ranked.slice(0, 2), id)
    await offerNothing(ranked.slice(4))
    await install(ranked.slice(2, 4), id)
    await install(ranked.slice(4), id)
    expect(await show(api, id)).toMatchObject({ status: 'finished' })
  })

  test('named devices keep their phase, and the ranks are those of the others', async () => {
    const { api, filter_id, devices, ids } = await rolloutFleet(server, 10)
    const phases = [{ device_ids: ids.slice(8) }, { batch_size: 25, start_ts: PAST }, { start_ts: inTime(HOUR) }]
    const id = await deploy(api, { filter_id, order: 'random', phases })
    const ranked = byRank(id, devices.slice(0, 8))
    expect(await offeredAtOnce(devices)).toEqual(devices.filter((device, i) => i >= 8 || ranked.indexOf(device) < 2))
    expect((await show(api, id)).phases).toMatchObject([{ device_count: 2 }, { device_count: 2 }, { device_count: 0 }])
  })
})

const tag = async (api: Api, { id }: SimulatedDevice, value: string | null) => {
  const tags = value === null ? [] : [{ name: 'role', value }]
  const response = await api.put(`/api/management/v1/inventory/devices/${id}/tags`, tags)
  expect(response.status).toBe(200)
}
const taggedFilter = (api: Api, value: string) =>
  saveFilter(api, { scope: 'tags', attribute: 'role', type: '$eq', value })

describe('a phase for named devices', () => {
  const gate = { success_percent: 100 }

  test('by ids takes these devices only, and they wait for no other phase', async () => {
    const { api, filter_id, devices, ids } = await rolloutFleet(server, 6)
    const phases = [{ batch_size: 25, gate }, { device_ids: ids.slice(4), gate }, {}]
    const id = await deploy(api, { filter_id, phases })
    expect((await show(api, id)).phases).toMatchObject([
      { batch_size: 25, capacity: 1 },
      { batch_size: 0, capacity: 2, device_ids: ids.slice(4) },
      { batch_size: 75 },
    ])
    await offerNothing(devices.slice(4))
    await install(devices.slice(0, 1), id)
    await offerNothing(devices.slice(1, 4))
    expect(await explain(api, id, devices[1]!)).toMatchObject({ code: 'waits_for_gate' })
    await install(devices.slice(4), id)
    await offer(devices.slice(1, 4), id)
    expect((await show(api, id)).phases.map((phase: { device_count: number }) => phase.device_count)).toEqual([1, 2, 3])
  })

  test('by a filter is for those that match it when they ask', async () => {
    const { api, filter_id, devices } = await rolloutFleet(server, 6)
    await tag(api, devices[0]!, 'lab')
    const lab = await taggedFilter(api, 'lab')
    const id = await deploy(api, { filter_id, phases: [{ filter_id: lab, gate }, {}] })
    expect((await show(api, id)).phases[0]).toMatchObject({
      capacity: 1,
      filter: { id: lab, terms: [{ value: 'lab' }] },
    })
    await api.delete(`/api/management/v2/inventory/filters/${lab}`)
    await offerNothing(devices.slice(1, 2))
    await tag(api, devices[1]!, 'lab')
    await offer(devices.slice(0, 2), id)
    expect((await show(api, id)).phases[0]).toMatchObject({ capacity: 2, device_count: 2 })
    await reportAll(devices.slice(0, 1), id, 'success')
    await offerNothing(devices.slice(2))
    await reportAll(devices.slice(1, 2), id, 'success')
    await offer(devices.slice(2), id)
    expect((await show(api, id)).phases[1]).toMatchObject({ device_count: 4 })
  })

  test('by a filter loses no device that no longer matches it: the last phase takes it', async () => {
    const { api, ids, devices } = await rolloutFleet(server, 4)
    await tag(api, devices[0]!, 'lab')
    const lab = await taggedFilter(api, 'lab')
    const phases = [{ filter_id: lab, gate: { soak_minutes: 1 } }, { batch_size: 34, gate: { soak_minutes: 1 } }, {}]
    const id = await deploy(api, { devices: ids, phases })
    await tag(api, devices[0]!, 'field')
    await offerNothing(devices)
    server.advance(3 * MINUTE)
    await offer(devices, id)
    expect((await show(api, id)).phases).toMatchObject([
      ...[{ device_count: 0 }, { capacity: 1, device_count: 1 }],
      { capacity: 3, device_count: 3 },
    ])
    await reportAll(devices, id, 'success')
    expect(await show(api, id)).toMatchObject({ status: 'finished', device_count: 4 })
  })

  test('takes those of them that are targets, and a device of two phases belongs to the first', async () => {
    const { api, tenant, filter_id, devices, ids } = await rolloutFleet(server, 4)
    const [stranger] = (await enrol(server, tenant, 1, { foo: 'bar' })) as [SimulatedDevice]
    const phases = [{ device_ids: [ids[0]!, stranger.id], gate }, { device_ids: [ids[0]!, ids[1]!], gate }, {}]
    const id = await deploy(api, { filter_id, phases })
    expect((await show(api, id)).phases).toMatchObject([{ capacity: 1 }, { capacity: 1 }, {}])
    await offerNothing([stranger])
    expect(await explain(api, id, stranger)).toMatchObject({ code: 'filter_mismatch' })
    await install(devices.slice(0, 1), id)
    await offerNothing(devices.slice(2))
    await install(devices.slice(1, 2), id)
    await offer(devices.slice(2), id)
  })

  test('of a static deployment is taken out of the percentages', async () => {
    const { api, devices, ids } = await rolloutFleet(server, 10)
    const phases = [{ device_ids: ids.slice(0, 2), gate }, { batch_size: 50, gate }, {}]
    const id = await deploy(api, { devices: ids, phases })
    expect((await show(api, id)).phases).toMatchObject([{ capacity: 2 }, { capacity: 4 }, { capacity: 4 }])
    await offerNothing(devices.slice(2))
    await install(devices.slice(0, 2), id)
    await install(devices.slice(2, 6), id)
    await install(devices.slice(6), id)
    expect(await show(api, id)).toMatchObject({ status: 'finished' })
  })
})

describe('an exclusion', () => {
  test('by ids keeps these devices out, and they are no targets', async () => {
    const { api, filter_id, devices, ids } = await rolloutFleet(server, 4)
    const exclude = { device_ids: [ids[0]!] }
    const dynamic = await deploy(api, { filter_id, exclude, phases: [{ batch_size: 34 }, { start_ts: PAST }] })
    expect(await show(api, dynamic)).toMatchObject({ initial_device_count: 3, exclude, phases: [{ capacity: 1 }, {}] })
    await offerNothing(devices.slice(0, 1))
    expect(await explain(api, dynamic, devices[0]!)).toMatchObject({ code: 'excluded' })
    await install(devices.slice(1), dynamic)
    const fixed = await deploy(api, { devices: ids, exclude, artifact_name: 'release-0' })
    expect(await show(api, fixed)).toMatchObject({ initial_device_count: 3, max_devices: 3 })
    await offerNothing(devices.slice(0, 1))
    await install(devices.slice(1), fixed)
    expect(await show(api, fixed)).toMatchObject({ status: 'finished' })
  })

  test('by a filter is judged when a device asks', async () => {
    const { api, filter_id, devices } = await rolloutFleet(server, 3)
    const [first, second, third] = devices as [SimulatedDevice, SimulatedDevice, SimulatedDevice]
    const kiosk = await taggedFilter(api, 'kiosk')
    await tag(api, first, 'kiosk')
    const id = await deploy(api, { filter_id, exclude: { filter_id: kiosk } })
    expect(await show(api, id)).toMatchObject({
      ...{ initial_device_count: 2, exclude: { device_ids: [], filter: { id: kiosk } } },
    })
    await offerNothing([first])
    await tag(api, second, 'kiosk')
    await offerNothing([second])
    await tag(api, first, null)
    await offer([first, third], id)
    // A device that has the offer keeps it.
    await tag(api, first, 'kiosk')
    await offer([first], id)
    await reportAll([first], id, 'success')
  })

  test.each(['filter', 'ids'])('by %s: a device that is decommissioned ends where it is counted', async (by) => {
    const { api, devices, ids } = await rolloutFleet(server, 3)
    const [first, ...others] = devices as [SimulatedDevice, ...SimulatedDevice[]]
    const exclude = by === 'ids' ? { device_ids: [first.id] } : { filter_id: await taggedFilter(api, 'kiosk') }
    const id = await deploy(api, { all_devices: true, exclude })
    await tag(api, first, 'kiosk')
    await install(others, id)
    expect(await show(api, id)).toMatchObject({ status: by === 'ids' ? 'finished' : 'inprogress' })
    expect(await api.delete(`${DEVAUTH}/devices/${ids[0]}`)).toMatchObject({ status: 204 })
    expect(await show(api, id)).toMatchObject({ status: 'finished', device_count: by === 'ids' ? 2 : 3 })
  })

  test.each(['all', 'group'])(
    'by a filter from the devices of %s: those of the creation, less the others',
    async (to) => {
      const { api, devices, ids } = await rolloutFleet(server, 4)
      await api.patch('/api/management/v1/inventory/groups/fleet/devices', ids)
      const [excluded, excluded_later, ...others] = devices as [SimulatedDevice, SimulatedDevice, ...SimulatedDevice[]]
      const exclude = { filter_id: await taggedFilter(api, 'kiosk') }
      await tag(api, excluded, 'kiosk')
      const body = { name: 'n', artifact_name: 'release-1', exclude }
      const made =
        to === 'all' ? await api.post(V1, { ...body, all_devices: true }) : await api.post(`${V1}/group/fleet`, body)
      const id = made.headers.get('location')?.split('/').at(-1) ?? ''
      expect(await show(api, id)).toMatchObject({ max_devices: 3, groups: to === 'all' ? [] : ['fleet'] })
      // It was no target, and takes the place of none.
      await tag(api, excluded, null)
      await offerNothing([excluded])
      expect(await explain(api, id, excluded)).toMatchObject({ code: 'not_listed' })
      await tag(api, excluded_later, 'kiosk')
      await offerNothing([excluded_later])
      await install(others, id)
      expect(await show(api, id)).toMatchObject({ status: 'inprogress', statistics: { status: { pending: 1 } } })
      await tag(api, excluded_later, null)
      await install([excluded_later], id)
      expect(await show(api, id)).toMatchObject({ status: 'finished' })
    },
  )

  test('of all targets is refused in a static deployment', async () => {
    const { api, ids } = await rolloutFleet(server, 2)
    const body = { name: 'n', artifact_name: 'release-1', devices: ids, exclude: { device_ids: ids } }
    expect(await api.post(V1, body)).toMatchObject({ status: 400, body: { error: 'No devices for the deployment' } })
  })
})

describe('a window', () => {
  const clockIn = (ms: number) => inTime(ms).slice(11, 16)
  const attribute = { attribute: 'zone', scope: 'inventory', fallback: 'UTC' }

  test('that is closed is 204, leaves no trace, and says when it opens', async () => {
    const { api, ids, devices } = await rolloutFleet(server, 2)
    const windows = [{ from: clockIn(2 * HOUR), to: clockIn(4 * HOUR) }]
    const id = await deploy(api, { devices: ids, windows })
    const before = await show(api, id)
    await offerNothing(devices)
    await offerNothing(devices, UPDATED)
    const { rollout, ...after } = await show(api, id)
    expect(after).toMatchObject({ device_count: 0, statistics: before.statistics })
    expect(rollout).toMatchObject({ state: 'held', reason: { code: 'window' } })
    const { until, ...explained } = await explain(api, id, devices[0]!)
    expect(explained).toMatchObject({ code: 'waits_for_window', message: expect.stringContaining(until) })
    const left = Date.parse(until) - server.env.now().getTime()
    expect([left > HOUR, left <= 2 * HOUR]).toEqual([true, true])
    server.advance(left - 5000)
    await offerNothing(devices)
    server.advance(6000)
    await offer(devices, id)
    // The offer stays, outside of the window too.
    server.advance(4 * HOUR)
    await offer(devices, id)
    await reportAll(devices, id, 'success')
  })

  test('is that of the zone of each device; without one, that of the fallback', async () => {
    const { api, tenant, filter_id } = await rolloutFleet(server, 1)
    const zones = ['Asia/Tokyo', 'nowhere', undefined]
    const devices = await enrol(server, tenant, 3, (i) => ({ foo: 'foo', ...(zones[i] ? { zone: zones[i] } : {}) }))
    const windows = [{ from: clockIn(8 * HOUR), to: clockIn(10 * HOUR) }]
    const id = await deploy(api, { filter_id, windows, time_zone: attribute })
    await offer(devices.slice(0, 1), id)
    await offerNothing(devices.slice(1))
    expect(await explain(api, id, devices[1]!)).toMatchObject({ message: expect.stringContaining('time zone UTC') })
    server.advance(9 * HOUR)
    await offer(devices.slice(1), id)
  })

  test('does not make a device skip the deployment for a newer one', async () => {
    const { api, ids, devices } = await rolloutFleet(server, 1)
    const id = await deploy(api, { devices: ids, windows: [{ from: clockIn(HOUR), to: clockIn(2 * HOUR) }] })
    await deploy(api, { devices: ids, artifact_name: 'release-0' })
    await offerNothing(devices)
    server.advance(HOUR + MINUTE)
    await offer(devices, id)
  })
})

describe('a further attempt', () => {
  test('waits while the window is closed', async () => {
    const { api, ids, devices } = await rolloutFleet(server, 1)
    const clockIn = (ms: number) => inTime(ms).slice(11, 16)
    const windows = [{ from: clockIn(-HOUR), to: clockIn(HOUR) }]
    const id = await deploy(api, { devices: ids, windows, retries: 1 })
    await install(devices, id, 'failure')
    server.advance(2 * HOUR)
    await offerNothing(devices)
    expect(await rolloutOf(api, id)).toMatchObject({ waiting: 1, in_flight: 0 })
    server.advance(22 * HOUR)
    await offer(devices, id)
  })

  test('waits for max_in_flight', async () => {
    const { api, ids, devices } = await rolloutFleet(server, 3)
    const failure_policy = { timeout_minutes: 30 }
    const id = await deploy(api, { devices: ids, max_in_flight: 2, retries: 1, failure_policy })
    const [first, second, third] = devices as [SimulatedDevice, SimulatedDevice, SimulatedDevice]
    await offer([first, second], id)
    await reportAll([first], id, 'failure')
    // The place of the one that is to try again stays its own.
    await offerNothing([third])
    server.advance(31 * MINUTE)
    await server.supervise()
    await offer([third], id)
    await reportAll([second], id, 'failure')
    await offer([second], id)
    await offerNothing([first])
    await reportAll([third], id, 'success')
    await offer([first], id)
  })

  test('waits while the deployment is paused', async () => {
    const { api, ids, devices } = await rolloutFleet(server, 1)
    const id = await deploy(api, { devices: ids, retries: 1 })
    await install(devices, id, 'failure')
    await pause(api, id)
    await offerNothing(devices)
    // A report of the former attempt that arrives late does not begin the next one.
    expect(await devices[0]!.report(id, 'downloading')).toMatchObject({ status: 204 })
    expect(await rolloutOf(api, id)).toMatchObject({ waiting: 1, in_flight: 0 })
    await resume(api, id)
    await offer(devices, id)
  })

  test('never waits for a gate or for room in its phase', async () => {
    const { api, filter_id, devices } = await rolloutFleet(server, 4)
    const phases = [{ batch_size: 50, gate: { success_percent: 100, soak_minutes: 60 } }, {}]
    const id = await deploy(api, { filter_id, phases, retries: 2 })
    await offer(devices.slice(0, 2), id)
    await reportAll(devices.slice(0, 1), id, 'failure')
    await install(devices.slice(0, 1), id, 'failure')
    await install(devices.slice(0, 1), id)
    await offerNothing(devices.slice(2))
  })
})

describe('devices of another deployment', () => {
  test('are those that failed in whatever way, or those that it has not reached', async () => {
    const { api, filter_id, devices, ids } = await rolloutFleet(server, 9)
    const rules = { confirm_within_minutes: 60, failure_policy: { timeout_minutes: 60 } }
    const id = await deploy(api, { filter_id, ...rules })
    const [failed, silent, unconfirmed, good, awaited, aborted, busy, none, asleep] = devices as [
      ...[SimulatedDevice, SimulatedDevice, SimulatedDevice, SimulatedDevice, SimulatedDevice, SimulatedDevice],
      ...[SimulatedDevice, SimulatedDevice, SimulatedDevice],
    ]
    await install([failed], id, 'failure')
    await install([good, unconfirmed], id)
    await offerNothing([good], UPDATED)
    await offer([silent], id)
    server.advance(61 * MINUTE)
    await server.supervise()
    await install([awaited], id)
    await offer([aborted, busy], id)
    await api.delete(`${V1}/devices/${aborted.id}`)
    await offerNothing([none], OTHER_TYPE)

    const list = async (status: string) =>
      (await api.get(`${V1}/${id}/devices/list?status=${status}`)).body.map((one: { id: string }) => one.id).sort()
    expect(await list('timed_out')).toEqual([silent.id])
    expect(await list('unconfirmed')).toEqual([unconfirmed.id, awaited.id].sort())
    expect(await list('failure')).toEqual([failed.id])

    const targetsOf = async (outcome: string) => {
      const again = await deploy(api, { name: outcome, devices_of: { deployment_id: id, outcome } })
      const { max_devices } = await show(api, again)
      const targets = []
      for (const device of ids)
        if (!['not_listed'].includes((await explain(api, again, { id: device } as SimulatedDevice)).code))
          targets.push(device)
      expect(max_devices).toBe(targets.length)
      return targets.sort()
    }
    expect(await targetsOf('failed')).toEqual([failed.id, silent.id, unconfirmed.id].sort())
    expect(await targetsOf('not_reached')).toEqual([aborted.id, asleep.id].sort())
    await abort(api, id)
    expect(await targetsOf('not_reached')).toEqual([aborted.id, asleep.id, busy.id].sort())
    expect(await targetsOf('failed')).toEqual([failed.id, silent.id, unconfirmed.id].sort())
  })

  test('are none that it excludes', async () => {
    const { api, filter_id, ids } = await rolloutFleet(server, 3)
    const exclude = { device_ids: ids.slice(0, 1) }
    for (const target of [{ all_devices: true }, { filter_id }]) {
      const id = await deploy(api, { ...target, exclude })
      await abort(api, id)
      const again = await deploy(api, { devices_of: { deployment_id: id, outcome: 'not_reached' } })
      expect((await api.get(`${V1}/${again}/device_list`)).body).toEqual(ids.slice(1).sort())
      await abort(api, again)
    }
  })

  test('are none if none failed', async () => {
    const { api, ids, devices } = await rolloutFleet(server, 1)
    const id = await deploy(api, { devices: ids })
    await install(devices, id)
    for (const outcome of ['failed', 'not_reached']) {
      const body = { name: 'n', artifact_name: 'release-1', devices_of: { deployment_id: id, outcome } }
      expect(await api.post(V1, body)).toMatchObject({ status: 400, body: { error: 'No devices for the deployment' } })
    }
  })

  test('of a static deployment that nobody asked about are all its devices', async () => {
    const { api, ids, devices } = await rolloutFleet(server, 3)
    const id = await deploy(api, { all_devices: true })
    await offer(devices.slice(0, 1), id)
    await abort(api, id)
    const again = await deploy(api, { devices_of: { deployment_id: id, outcome: 'not_reached' } })
    expect(await show(api, again)).toMatchObject({ max_devices: 3 })
    await install(devices, again)
    expect(ids).toHaveLength(3)
    expect(await show(api, again)).toMatchObject({ status: 'finished' })
  })
})
