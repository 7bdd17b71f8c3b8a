import { beforeAll, expect, test } from 'vitest'
import { bounded } from '../src/client/bounded.ts'
import { sql } from '../src/db/sql.ts'
import type { StoredTrip } from '../src/deployments/progress.ts'
import { uploadTestArtifact } from './support/artifact.ts'
import { useContest } from './support/contest.ts'
import { abort, deploy, poll, V2 } from './support/deploy.ts'
import { begunWhileStopped, type History, mostInFlight, openHistory } from './support/rollout-history.ts'
import { bodyOf, type Schedule, schedules } from './support/rollout-schedule.ts'
import { SAMPLED } from './support/sample.ts'
import { type Fleet, makeTwins, type Twin } from './support/twins.ts'

const { server, rivals } = useContest()

const wait = (ms: number) => new Promise((wake) => setTimeout(wake, ms))
const oneOf = <Item>(items: readonly Item[]): Item => items[Math.floor(Math.random() * items.length)]!

async function fleetOf(devices: number): Promise<Fleet> {
  const fleet = await makeTwins(server, rivals, devices)
  await uploadTestArtifact(fleet.tenant.api, { name: 'release-0' })
  return fleet
}

type Snapshot = { in_flight: number; touched: number; is_stopped: boolean }

/** Reads snapshots of a deployment until it ends: each is what some commit left. */
function watch(id: string) {
  const seen = { most_in_flight: 0, is_stopped: false, touched: 0, is_over: false }
  const reading = async () => {
    while (!seen.is_over) {
      const now = await server.env.db.first<Snapshot>(sql`
        select paused_at is not null or finished is not null as is_stopped,
          (select count(*) from device_deployments where deployment_id = ${id}) as touched,
          (select count(*) from effective_device_deployments where deployment_id = ${id} and timed_out is null
            and (is_active and attempt_begun or confirmation = 'awaited')) as in_flight
        from deployment_progress where deployment_id = ${id}`)
      seen.most_in_flight = Math.max(seen.most_in_flight, now!.in_flight)
      seen.is_stopped = now!.is_stopped
      seen.touched = now!.touched
      await wait(3)
    }
  }
  const ended = reading()
  return {
    seen,
    end: async () => {
      seen.is_over = true
      await ended
    },
  }
}

type Play = {
  id: string
  schedule: Schedule
  history: History
  seen: ReturnType<typeof watch>['seen']
}

/** Polls without an update after which a device gives up, unless the deployment has stopped. */
const PATIENCE = 20

/** A device that polls and reports, each time at one of the two processes or at both. */
async function act(twin: Twin, { id, schedule, history, seen }: Play) {
  const [{ id: device_id }] = twin as [Twin[number]]
  for (let idle = 0; idle < PATIENCE; ) {
    const was_stopped = seen.is_stopped
    const asked = Math.random() < 0.3 ? twin : [oneOf(twin)]
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
  succeeded: number
}

const readEnd = async (id: string) =>
  (await server.env.db.first<End>(sql`
    select p.trip, p.rolled_back_by,
      (select count(*) from events where object_id = ${id} and action = 'trip') as trips,
      array(select id from deployments where rollback_of = ${id}) as rollbacks,
      array(select device_id from device_deployments where deployment_id = ${id}) as touched,
      (select count(*) from device_deployments where deployment_id = ${id} and status = 'success') as succeeded
    from deployment_progress p where p.deployment_id = ${id}`))!

async function play(fleet: Fleet, schedule: Schedule): Promise<{ has_tripped: boolean }> {
  const { tenant, filter_id } = fleet
  const twins = schedule.is_dynamic ? fleet.twins : fleet.twins.slice(0, schedule.devices)
  const target = schedule.is_dynamic ? { filter_id } : { devices: twins.map(([device]) => device!.id) }
  const body = { ...bodyOf(schedule), ...target, name: 'production', artifact_name: 'release-1' }
  const { worst_case } = (await tenant.api.post(`${V2}/preview`, body)).body
  const id = await deploy(tenant.api, body)
  const history = openHistory(server.env.db, id)
  const { seen, end } = watch(id)
  await bounded(twins.length, twins, (twin) => act(twin, { id, schedule, history, seen }))
  await end()

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
  if (!found.trip || found.trip.action === 'pause') await abort(tenant.api, id)
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
let lanes: Fleet[]
beforeAll(async () => {
  lanes = await Promise.all(Array.from({ length: LANES }, () => fleetOf(20)))
}, 120_000)

test(`nothing is handed out after a trip, and the worst case holds, in ${SAMPLED} of 1,000 schedules`, async () => {
  const waiting = schedules()
  const begun = Date.now()
  let trips = 0
  let n = 0
  await bounded(LANES, lanes, async (fleet) => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      n++
      const { has_tripped } = await play(fleet, next).catch((error) => {
        throw new Error(`Schedule ${JSON.stringify(next)}`, { cause: error })
      })
      if (has_tripped) trips++
    }
  })
  console.log({ n, trips, ms: Date.now() - begun })
}, 900_000)
