import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bounded } from '../src/client/bounded.ts'
import type { Db } from '../src/db/db.ts'
import { sql } from '../src/db/sql.ts'
import type { SimulatedDevice } from '../src/simulate/simulated-device.ts'
import { type Api, openApi } from './support/api.ts'
import { abort, inventoryTerm, poll, saveFilter, show, V1, V2 } from './support/deploy.ts'
import { gathered } from './support/gathered.ts'
import { type Installation, install } from './support/installation.ts'
import { expectCountersToEqualRows } from './support/recount.ts'
import { expectActionsToMatchRows } from './support/recount-actions.ts'
import { isFull } from './support/sample.ts'
import { uploadMixed } from './support/twins.ts'
import { at, enrolMixed, expectNoViolations, signInAsAdministrator, startLoad } from './support/until-gone.ts'

const KILLS = isFull ? 40 : 5
/** At this interval the database is killed too, and has to recover. */
const KILLS_PER_DATABASE_KILL = 4
const DEVICES = 30
const MAX_FAILURES = 3
const [OLD, NEW] = ['release-0', 'release-1'] as const

let data_dir: string
let installation: Installation
beforeEach(async () => {
  data_dir = await mkdtemp(join(tmpdir(), 'muster-rollout-crash-'))
  installation = await install(data_dir)
})
afterEach(async () => {
  await installation[Symbol.asyncDispose]()
  await rm(data_dir, { recursive: true, force: true })
})

const wait = (ms: number) => new Promise((wake) => setTimeout(wake, ms))

/** What each device runs, by its id. */
const software = new Map<string, string>()
/** Deployments that a user has rolled back, with the rollback that was acknowledged. */
const rolled_back = new Map<string, string>()
/** Called at each report of a failure, before it is sent. */
let onFailure = (_id: string, _device_id: string) => {}

test(`each trip has exactly one rollback, whatever is lost in ${KILLS} kills, and the devices get the old release`, async () => {
  await installation.start()
  const { token, filter_id, devices } = await setUp(installation.url)
  for (let kill = 1; kill <= KILLS; kill++) {
    const { url } = installation
    const api = openApi(url, token)
    const load = startLoad([
      ...devices.map((device) => at(url, device)).map((device) => () => update(device)),
      () => operate(api, filter_id),
    ])
    await untilAlmostTripped()
    await wait(Math.random() * 12)
    await installation.killOne()
    if (kill % KILLS_PER_DATABASE_KILL === 0) await installation.killDatabase()
    await wait(100)
    await load.end()
    await installation.look(expectRollbacks)
    await installation.start()
  }
  const api = openApi(installation.url, token)
  await rollBackAll(api)
  await settle(
    api,
    devices.map((device) => at(installation.url, device)),
  )
  const touched = await installation.look(async (db) => {
    await expectRollbacks(db)
    await expectEndOfRollbacks(db)
    return readTouched(db)
  })
  expectNoViolations(devices)
  expect(touched.length).toBeGreaterThan(DEVICES / 2)
  expect(touched.filter((device) => software.get(device) !== OLD)).toEqual([])
  expect(new Set(await installation.stop())).toEqual(new Set([0]))
}, 900_000)

async function setUp(url: string) {
  const api = await signInAsAdministrator(url)
  for (const name of [OLD, NEW]) await uploadMixed(api, name)
  const filter_id = await saveFilter(api, inventoryTerm('foo', 'foo'))
  const devices = await enrolMixed(url, api, DEVICES)
  for (const { id } of devices) software.set(id, OLD)
  return { token: api.token, filter_id, devices }
}

/** The new release fails on some devices, which go back by themselves. */
async function update(device: SimulatedDevice): Promise<void> {
  const { status, body } = await poll(device, { artifact_name: software.get(device.id)! })
  if (status !== 200) return void (await wait(Math.random() * 20))
  await device.report(body.id, 'installing')
  const { artifact_name } = body.artifact
  if (artifact_name === NEW && Math.random() < 0.6) {
    onFailure(body.id, device.id)
    return void (await device.report(body.id, 'failure'))
  }
  software.set(device.id, artifact_name)
  await device.report(body.id, 'success')
}

let current: string | undefined

/** Deploys the new release again and again; a deployment that the policy does not roll back itself is by a user. */
async function operate(api: Api, filter_id: string): Promise<void> {
  if (current === undefined) {
    const by_policy = Math.random() < 0.7
    const action = by_policy ? { action: 'rollback', rollback_artifact_name: OLD } : { action: 'abort' }
    const { status, headers } = await api.post(V2, {
      ...{ name: 'production', artifact_name: NEW, filter_id, max_in_flight: 6, retries: RETRIES },
      failure_policy: { max_failures: MAX_FAILURES, ...action },
    })
    current = status === 201 ? headers.get('location')?.split('/')[5] : undefined
  }
  if (current === undefined) return void (await wait(20))
  const { status, rollout, rolled_back_by } = await show(api, current)
  if (status === 'finished' && !rolled_back_by && rollout.trip) await rollBack(api, current)
  if (status === 'finished') current = undefined
  await wait(10)
}

async function rollBack(api: Api, id: string): Promise<void> {
  const { status, headers } = await api.post(`${V2}/${id}/rollback`, { artifact_name: OLD })
  if (status === 201) rolled_back.set(id, headers.get('location')?.split('/').at(-1) ?? '')
}

const RETRIES = 1

/** Until enough devices of one deployment fail in their last attempt to trip its policy. */
const untilAlmostTripped = () =>
  new Promise<void>((resolve) => {
    const attempts = new Map<string, number>()
    const failed = new Map<string, number>()
    onFailure = (id, device_id) => {
      const key = `${id}/${device_id}`
      attempts.set(key, (attempts.get(key) ?? 0) + 1)
      if (attempts.get(key) !== RETRIES + 1) return
      failed.set(id, (failed.get(id) ?? 0) + 1)
      if (failed.get(id) === MAX_FAILURES) resolve()
    }
    // A policy that has counted failures before the last kill trips earlier.
    setTimeout(resolve, 3000)
  })

/** What is left at the end: the last deployment, and those whose rollback a kill prevented. */
async function rollBackAll(api: Api): Promise<void> {
  for (const { id, artifact_name, rolled_back_by, status } of (await api.get(`${V1}?per_page=500`)).body) {
    if (artifact_name !== NEW || rolled_back_by) continue
    await rollBack(api, id)
    // No device has had an offer of it.
    if (!rolled_back.has(id) && status !== 'finished') await abort(api, id)
  }
}

/** Until no deployment is left for the devices. */
async function settle(api: Api, devices: readonly SimulatedDevice[]): Promise<void> {
  const unfinished = async () => {
    const lists = await Promise.all(['pending', 'inprogress'].map((status) => api.get(`${V1}?status=${status}`)))
    return lists.flatMap(({ body }) => body)
  }
  for (const until = Date.now() + SETTLED_WITHIN_MS; (await unfinished()).length > 0; )
    if (Date.now() > until) throw new Error(`These never finish: ${JSON.stringify(await unfinished())}`)
    else await bounded(DEVICES, devices, update)
}

const SETTLED_WITHIN_MS = 60_000

type Rollout = {
  id: string
  action: string | null
  trips: number
  was_aborted: boolean
  rolled_back_by: string | null
  rollbacks: { id: string; devices: number; listed: string[] | null }[]
  touched: string[]
}

const readRollouts = (db: Db) =>
  db.query<Rollout>(sql`
    select d.id, p.trip ->> 'action' as action, p.was_aborted, p.rolled_back_by,
      (select count(*) from events e where e.object_id = d.id and e.action = 'trip') as trips,
      (select coalesce(jsonb_agg(jsonb_build_object('id', r.id, 'devices', r.initial_device_count, 'listed', (
        select jsonb_agg(l.device_id order by l.device_id) from listed_devices l where l.deployment_id = r.id))), '[]')
        from deployments r where r.rollback_of = d.id) as rollbacks,
      array(select device_id from touched_devices t where t.deployment_id = d.id order by 1) as touched
    from deployments d join deployment_progress p on p.deployment_id = d.id where d.artifact_name = ${NEW}`)

/** A trip and its rollback exist together, and name each other; so do a user's rollback and its response. */
async function expectRollbacks(db: Db): Promise<void> {
  const rollouts = await gathered(db, readRollouts)
  for (const { id, action, trips, was_aborted, rolled_back_by, rollbacks, touched } of rollouts) {
    expect(trips).toBe(action === null ? 0 : 1)
    if (action === 'rollback') expect(rolled_back_by).not.toBeNull()
    if (action !== null || rolled_back_by !== null) expect(was_aborted).toBe(true)
    const expected = { id: rolled_back_by, devices: touched.length, listed: touched }
    expect(rollbacks).toEqual(rolled_back_by === null ? [] : [expected])
    if (rolled_back.has(id)) expect(rolled_back_by).toBe(rolled_back.get(id))
  }
  expect([...rolled_back.keys()].filter((id) => !rollouts.some((rollout) => rollout.id === id))).toEqual([])
  await expectCountersToEqualRows(db)
  await expectActionsToMatchRows(db)
}

/** Each device of a rollback has the old release. */
async function expectEndOfRollbacks(db: Db): Promise<void> {
  const others = await db.query(sql`
    select r.rollback_of, t.device_id, dd.status from deployments r
      join touched_devices t on t.deployment_id = r.rollback_of
      left join device_deployments dd on dd.deployment_id = r.id and dd.device_id = t.device_id
    where dd.status is null or dd.status not in ('success', 'already-installed')`)
  expect(others).toEqual([])
}

const readTouched = async (db: Db) =>
  (await db.query<{ device_id: string }>(sql`select distinct device_id from touched_devices`)).map(
    ({ device_id }) => device_id,
  )
