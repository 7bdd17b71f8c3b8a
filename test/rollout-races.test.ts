import { afterEach, beforeAll, expect, test } from 'vitest'
import { bounded } from '../src/client/bounded.ts'
import { sql } from '../src/db/sql.ts'
import type { StoredTrip } from '../src/deployments/progress.ts'
import { rankOf } from '../src/deployments/rollout/rank.ts'
import { openApi } from './support/api.ts'
import { useContest } from './support/contest.ts'
import { abort, deploy, poll, show, V1, V2 } from './support/deploy.ts'
import {
  begunWhileStopped,
  type History,
  mostInFlight,
  numberTransactions,
  openHistory,
} from './support/rollout-history.ts'
import { bodyOf, SCHEDULES, type Schedule, schedules } from './support/rollout-schedule.ts'
import { isFull, SAMPLED } from './support/sample.ts'
import { type Fleet, makeMixedTwins, shuffled, storm, type Twin, uploadMixed } from './support/twins.ts'

const { server, rivals } = useContest()

const wait = (ms: number) => new Promise((wake) => setTimeout(wake, ms))
const oneOf = <Item>(items: readonly Item[]): Item => items[Math.floor(Math.random() * items.length)]!

async function fleetOf(devices: number): Promise<Fleet> {
  const fleet = await makeMixedTwins(server, rivals, devices)
  await uploadMixed(fleet.tenant.api, 'release-0')
  return fleet
}

type Snapshot = { in_flight: number; is_stopped: boolean }
type Seen = { most_in_flight: number; is_stopped: boolean }

/** Reads snapshots of a deployment during `work`: each shows what some commit left. */
async function watching(id: string, work: (seen: Seen) => Promise<unknown>): Promise<Seen> {
  const seen: Seen = { most_in_flight: 0, is_stopped: false }
  let is_over = false
  const watch = async () => {
    while (!is_over) {
      const { in_flight, is_stopped } = await readSnapshot(id)
      Object.assign(seen, { is_stopped, most_in_flight: Math.max(seen.most_in_flight, in_flight) })
      await wait(3)
    }
  }
  const watched = watch()
  await work(seen).finally(() => {
    is_over = true
    return watched
  })
  return seen
}

const readSnapshot = async (id: string) =>
  (await server.env.db.first<Snapshot>(sql`
    select paused_at is not null or finished is not null as is_stopped,
      (select count(*) from effective_device_deployments where deployment_id = ${id} and timed_out is null
        and (is_active and attempt_begun or confirmation = 'awaited')) as in_flight
    from deployment_progress where deployment_id = ${id}`))!

type Play = {
  id: string
  schedule: Schedule
  history: History
  seen: Seen
}

/** Polls without an update after which a device gives up, unless the deployment has stopped. */
const PATIENCE = 20

/** A device that polls and reports, each time at one of the two processes or at both. */
async function act(twin: Twin, { id, schedule, history, seen }: Play) {
  const device_id = twin[0]!.id
  let has_failed = false
  for (let idle = 0; idle < PATIENCE; ) {
    const was_stopped = seen.is_stopped
    // For another attempt both would write the row, and only the first begins it.
    const asked = !has_failed && Math.random() < 0.3 ? twin : [oneOf(twin)]
    const offers = await Promise.all(asked.map((device) => poll(device)))
    const offer = offers.find(({ body }) => body?.id === id)
    if (was_stopped) return expect(offer).toBeUndefined()
    if (!offer) {
      idle++
      await wait(Math.random() * 5)
      continue
    }
    idle = 0
    await history.begun(device_id)
    if (Math.random() < 0.3) await oneOf(twin).report(id, 'installing')
    const status = Math.random() < schedule.failing ? 'failure' : 'success'
    const reports = await Promise.all((Math.random() < 0.2 ? twin : [oneOf(twin)]).map((one) => one.report(id, status)))
    expect(reports.filter((one) => one.status !== 204 && one.status !== 409)).toEqual([])
    await history.ended(device_id)
    has_failed ||= status === 'failure'
    if (status === 'failure') continue
    if (schedule.confirms) await poll(oneOf(twin), { artifact_name: 'release-1' })
    return history.ended(device_id)
  }
}

type End = {
  trip: StoredTrip | null
  trips: number
  rollbacks: string[]
  rolled_back_by: string | null
  touched: string[]
  is_finished: boolean
}

const readEnd = async (id: string) =>
  (await server.env.db.first<End>(sql`
    select p.trip, p.rolled_back_by, p.finished is not null as is_finished,
      (select count(*) from events where object_id = ${id} and action = 'trip') as trips,
      array(select id from deployments where rollback_of = ${id}) as rollbacks,
      array(select device_id from device_deployments where deployment_id = ${id}) as touched
    from deployment_progress p where p.deployment_id = ${id}`))!

async function play(fleet: Fleet, schedule: Schedule): Promise<{ has_tripped: boolean }> {
  const { tenant, filter_id } = fleet
  const twins = schedule.is_dynamic ? fleet.twins : fleet.twins.slice(0, schedule.devices)
  const target = schedule.is_dynamic ? { filter_id } : { devices: twins.map(([device]) => device!.id) }
  const body = { ...bodyOf(schedule), ...target, name: 'production', artifact_name: 'release-1' }
  const { worst_case } = (await tenant.api.post(`${V2}/preview`, body)).body
  const id = await deploy(tenant.api, body)
  const history = openHistory(server.env.db, id)
  const seen = await watching(id, (now) =>
    bounded(twins.length, twins, (twin) => act(twin, { id, schedule, history, seen: now })),
  )

  const found = await readEnd(id)
  const steps = await history.steps()
  expect(begunWhileStopped(steps)).toEqual([])
  const limit = schedule.max_in_flight ?? Number.POSITIVE_INFINITY
  expect(Math.max(mostInFlight(steps), seen.most_in_flight)).toBeLessThanOrEqual(limit)
  if (schedule.failing === 1) expect(found.touched.length).toBeLessThanOrEqual(worst_case.devices_touched)
  expect(found.trips).toBe(found.trip ? 1 : 0)
  expect(found.rollbacks).toEqual(found.rolled_back_by ? [found.rolled_back_by] : [])
  expect(found.rolled_back_by !== null).toBe(found.trip?.action === 'rollback')
  if (found.rolled_back_by) await expectRolledBack(twins, found.rolled_back_by, found.touched)
  if (!found.is_finished) await abort(tenant.api, id)
  return { has_tripped: found.trip !== null }
}

/** The devices that had an offer, and no others, get the release of before. */
async function expectRolledBack(twins: readonly Twin[], id: string, touched: readonly string[]) {
  const installed = new Set<string>()
  await bounded(twins.length, twins, async (twin) => {
    const isTouched = touched.includes(twin[0]!.id)
    for (let polls = 0; isTouched || polls < 2; polls++) {
      const { status, body } = await poll(oneOf(twin))
      if (status !== 200) continue
      expect(body).toMatchObject({ id, artifact: { artifact_name: 'release-0' } })
      installed.add(twin[0]!.id)
      return oneOf(twin).report(id, 'success')
    }
  })
  expect([...installed].sort()).toEqual([...touched].sort())
}

const LANES = 3
const SMALL = 20
const LARGE = 500

let lanes: Fleet[]
let large: Fleet
beforeAll(async () => {
  await numberTransactions(server.env.db)
  lanes = await Promise.all(Array.from({ length: LANES }, () => fleetOf(SMALL)))
  large = await fleetOf(LARGE)
})

afterEach(async () => {
  for (const fleet of [...lanes, large]) await abortAll(fleet)
})

async function abortAll({ tenant: { api } }: Fleet) {
  for (const status of ['pending', 'inprogress'])
    for (const { id } of (await api.get(`${V1}?status=${status}&per_page=100`)).body) await abort(api, id)
}

/** The users of a fleet at each of the two processes. */
const operatorsOf = ({ tenant }: Fleet) => rivals.urls.map((url) => openApi(url, tenant.api.token))

test(`nothing is handed out after a trip, and the worst case holds, in ${SAMPLED} of ${SCHEDULES} schedules`, async () => {
  const waiting = schedules()
  const { length } = waiting
  let trips = 0
  await bounded(LANES, lanes, async (fleet) => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const { has_tripped } = await play(fleet, next).catch((error) => {
        throw new Error(`Schedule ${JSON.stringify(next)}`, { cause: error })
      })
      if (has_tripped) trips++
    }
  })
  expect(trips).toBeGreaterThan(length / 2)
}, 3_600_000)

const FAILING: Schedule = {
  ...{ number: 0, devices: LARGE, is_dynamic: true, max_failures: 5, is_percent: false, max_in_flight: 20, retries: 0 },
  ...{ action: 'rollback', has_phases: false, scope: 'phase', order: 'first_come', confirms: false, failing: 1 },
}

test('500 devices that fail at once are stopped and rolled back within the worst case', async () => {
  expect(await play(large, FAILING)).toEqual({ has_tripped: true })
})

test('the worst case is reached: one failure less than the limit, and the devices in flight', async () => {
  const { tenant, filter_id } = large
  const twins = large.twins.slice(0, 60)
  const id = await deploy(tenant.api, { ...bodyOf({ ...FAILING, action: 'pause' }), filter_id })
  const touched = await storm(twins)
  expect(touched.size).toBe(20)
  for (let failures = 1; failures <= 5; failures++) {
    const failing = twins.find(([device]) => touched.has(device!.id))!
    touched.delete(failing[0]!.id)
    await oneOf(failing).report(id, 'failure')
    // Others may have it as before.
    for (const device of await storm(twins)) touched.add(device)
    expect(touched.size).toBe(failures < 5 ? 20 : 19)
  }
  expect(await show(tenant.api, id)).toMatchObject({
    device_count: 24,
    rollout: { state: 'paused', in_flight: 19, trip: { failed: 5, limit: 5 } },
  })
})

type Order = { sent: number; returned: number; kind: 'stopped' | 'resumed' }
type Asked = { sent: number; returned: number; is_offered: boolean }

/** Stops and resumes a deployment, each time at one process or both, and notes when. */
async function stopAndGo(fleet: Fleet, id: string, times: number): Promise<Order[]> {
  const operators = operatorsOf(fleet)
  const [phase] = (await show(fleet.tenant.api, id)).phases
  const orders: Order[] = []
  const order = async (kind: Order['kind'], send: () => Promise<{ status: number }>[]) => {
    const sent = performance.now()
    const statuses = (await Promise.all(send())).map(({ status }) => status)
    expect(statuses).toContain(204)
    orders.push({ kind, sent, returned: performance.now() })
  }
  for (let i = 0; i < times; i++) {
    const asked = i % 2 === 0 ? operators : [oneOf(operators)]
    await wait(Math.random() * 150)
    await order('stopped', () =>
      i % 3 === 0
        ? asked.map((api) => api.put(`${V2}/${id}/phases/${phase.id}/verdicts/monitoring`, { verdict: 'fail' }))
        : asked.map((api) => api.post(`${V2}/${id}/pause`, { reason: 'race' })),
    )
    await wait(Math.random() * 150)
    await order('resumed', () => asked.map((api) => api.post(`${V2}/${id}/resume`)))
  }
  return orders
}

const STOPS = isFull ? 100 : 12

test('no attempt begins after a pause or a failed verdict has returned, and all may after a resume has', async () => {
  const { tenant, filter_id, twins } = large
  const phases = [{ batch_size: 99, gate: { verdicts: ['monitoring'] } }, {}]
  const id = await deploy(tenant.api, { filter_id, retries: 1000, phases })
  const history = openHistory(server.env.db, id)
  const asked: Asked[] = []
  let is_over = false
  const ask = async (twin: Twin) => {
    const sent = performance.now()
    const { status, body } = await poll(oneOf(twin))
    const is_offered = status === 200
    asked.push({ sent, returned: performance.now(), is_offered })
    if (is_offered) expect(body.id).toBe(id)
    if (is_offered) await history.begun(twin[0]!.id)
    return is_offered
  }
  const retrying = bounded(60, twins.slice(0, 60), async (twin) => {
    while (!is_over) {
      if (await ask(twin)) expect(await oneOf(twin).report(id, 'failure')).toMatchObject({ status: 204 })
      await history.ended(twin[0]!.id)
      await wait(Math.random() * 20)
    }
  })
  // The phase has a place for each.
  const fresh = shuffled(twins.slice(60, 490))
  const joining = bounded(4, Array.from({ length: 4 }), async () => {
    for (let twin = fresh.pop(); twin && !is_over; twin = fresh.pop()) {
      if (!(await ask(twin))) fresh.unshift(twin)
      await wait(Math.random() * 4 * STOPS)
    }
  })
  const orders = await stopAndGo(large, id, STOPS)
  is_over = true
  await Promise.all([retrying, joining])

  const steps = await history.steps()
  expect(begunWhileStopped(steps)).toEqual([])
  expect(steps.filter(({ kind }) => kind === 'resumed')).toHaveLength(STOPS)
  expect(steps.filter(({ kind }) => kind === 'stopped')).toHaveLength(STOPS)
  const between = (from: Order, to: Order | undefined) =>
    asked.filter(({ sent, returned }) => sent > from.returned && returned < (to?.sent ?? Number.POSITIVE_INFINITY))
  for (const [i, order] of orders.entries()) {
    const offered = between(order, orders[i + 1]).map(({ is_offered }) => is_offered)
    expect(new Set(offered)).not.toContain(order.kind === 'stopped')
  }
  expect(asked.length).toBeGreaterThan(200)
})

test('as many devices as may be in flight are, and never more', async () => {
  const { tenant, filter_id } = large
  const twins = large.twins.slice(0, 200)
  const id = await deploy(tenant.api, { filter_id, max_in_flight: 90, max_in_flight_percent: 10 })
  const history = openHistory(server.env.db, id)
  const working = new Set<string>()
  const done = new Set<string>()
  const begin = async (offered: Iterable<string>) => {
    for (const device_id of offered) {
      if (working.has(device_id) || done.has(device_id)) continue
      await history.begun(device_id)
      working.add(device_id)
    }
  }
  const finish = async (twin: Twin) => {
    const device_id = twin[0]!.id
    expect(await oneOf(twin).report(id, 'success')).toMatchObject({ status: 204 })
    await history.ended(device_id)
    working.delete(device_id)
    done.add(device_id)
  }
  const seen = await watching(id, async () => {
    while (done.size < 120) {
      await begin(await storm(twins.filter(([device]) => !done.has(device!.id))))
      expect(working.size).toBe(50)
      const finishing = twins.filter(([device]) => working.has(device!.id)).slice(0, 40)
      const others = twins.filter(([device]) => !working.has(device!.id) && !done.has(device!.id))
      const [offered] = await Promise.all([storm(others), bounded(40, finishing, finish)])
      await begin(offered)
    }
  })
  expect(mostInFlight(await history.steps())).toBe(50)
  expect(seen.most_in_flight).toBe(50)
})

test('both processes together make as many offers as a minute may have', async () => {
  const { tenant, filter_id, twins } = large
  await deploy(tenant.api, { filter_id, offers_per_minute: 30 })
  const begun = performance.now()
  const offered = await storm(twins.slice(0, 200))
  expect(offered.size).toBe(30)
  expect(await storm(twins.slice(0, 200))).toEqual(offered)
  if (performance.now() - begun > 55_000) throw new Error('This took too long to show that no minute has more offers.')
  if (!isFull) return
  await wait(62_000)
  const others = twins.filter(([device]) => !offered.has(device!.id))
  expect((await storm(others)).size).toBe(30)
})

test('in random order both processes put each device into the same phase, of exactly its size', async () => {
  const { tenant, filter_id, twins } = large
  const gate = { approval: 'required' }
  const phases = [{ batch_size: 10, gate }, { batch_size: 30, gate }, {}]
  const id = await deploy(tenant.api, { filter_id, phases, order: 'random' })
  const ids = twins.map(([device]) => device!.id).sort((a, b) => rankOf(id, a) - rankOf(id, b))
  for (const [i, size] of [50, 200, 500].entries()) {
    expect(await storm(twins)).toEqual(new Set(ids.slice(0, size)))
    const phase = (await show(tenant.api, id)).phases[i]
    const approval = oneOf(operatorsOf(large)).post(`${V2}/${id}/phases/${phase.id}/approve`)
    if (i < 2) expect(await approval).toMatchObject({ status: 204 })
  }
  const shown = await show(tenant.api, id)
  expect(shown.phases.map(({ device_count }: { device_count: number }) => device_count)).toEqual([50, 150, 300])
})

test('a phase behind a gate takes its first device after the success that opens the gate', async () => {
  const rounds = isFull ? 40 : 3
  await bounded(LANES, lanes, async (fleet) => {
    for (let round = 0; round < rounds; round++) {
      const needed = 4 + Math.floor(Math.random() * 6)
      const gate = { success_percent: needed * 10 }
      const phases = [{ batch_size: 50, gate }, {}]
      const { tenant, filter_id, twins } = fleet
      const id = await deploy(tenant.api, { filter_id, phases, confirm_within_minutes: 60 })
      const history = openHistory(server.env.db, id)
      const schedule: Schedule = { ...FAILING, failing: 0.2, confirms: true }
      await watching(id, (seen) => bounded(SMALL, twins, (twin) => act(twin, { id, schedule, history, seen })))
      let succeeded = 0
      for (const { kind, phase_index, has_succeeded } of await history.steps()) {
        if (kind === 'ended' && phase_index === 0 && has_succeeded) succeeded++
        if (kind === 'begun' && phase_index === 1) expect(succeeded).toBeGreaterThanOrEqual(needed)
      }
      // Devices may have given up before.
      await storm(twins)
      const { device_count } = (await show(tenant.api, id)).phases[1]
      expect(device_count > 0).toBe(succeeded >= needed)
      await abortAll(fleet)
    }
  })
}, 900_000)

test('a rollback lists the devices that it counts, and waits for none that is decommissioned during its creation', async () => {
  const rounds = isFull ? 20 : 3
  for (let round = 0; round < rounds; round++) {
    const { tenant, filter_id, twins } = await fleetOf(24)
    const id = await deploy(tenant.api, { filter_id, max_devices: 100 })
    await storm(twins)
    await bounded(12, twins.slice(0, 16), (twin) => oneOf(twin).report(id, 'success'))
    const operators = rivals.urls.map((url) => openApi(url, tenant.api.token))
    const remove = ([device]: Twin) => oneOf(operators).delete(`/api/management/v2/devauth/devices/${device!.id}`)
    await bounded(4, twins.slice(0, 4), remove)
    const [created] = await Promise.all([
      oneOf(operators).post(`${V2}/${id}/rollback`, { artifact_name: 'release-0' }),
      bounded(4, twins.slice(4, 20), remove),
    ])
    const rollback = created.headers.get('location')?.split('/').at(-1) ?? ''
    for (const twin of twins.slice(20, 23)) {
      expect(await poll(oneOf(twin))).toMatchObject({ status: 200, body: { id: rollback } })
      await oneOf(twin).report(rollback, 'success')
    }
    await remove(twins[23]!)
    const shown = await show(tenant.api, rollback)
    expect((await tenant.api.get(`${V1}/${rollback}/device_list`)).body).toHaveLength(shown.initial_device_count)
    expect(shown.status).toBe('finished')
  }
})
