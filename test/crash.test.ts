import { createHash } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Database } from '../src/db/db.ts'
import { sql } from '../src/db/sql.ts'
import type { SimulatedDevice } from '../src/simulate/simulated-device.ts'
import { type Api, openApi } from './support/api.ts'
import { ARTIFACTS, buildArtifact, uploadFile } from './support/artifact.ts'
import { isDdi } from './support/ddi-twin.ts'
import { inventoryTerm, poll, saveFilter, V1, V2 } from './support/deploy.ts'
import { type Installation, install } from './support/installation.ts'
import { expectCountersToEqualRows } from './support/recount.ts'
import { expectActionsToMatchRows } from './support/recount-actions.ts'
import { isFull } from './support/sample.ts'
import { uploadMixed } from './support/twins.ts'
import { at, enrolMixed, expectNoViolations, signInAsAdministrator, startLoad } from './support/until-gone.ts'

const KILLS = isFull ? 20 : 6
/** At this interval the database is killed too, and has to recover. */
const KILLS_PER_DATABASE_KILL = 5
/** Of several processes one is killed while the others continue; at this interval all of them. */
const KILLS_PER_WHOLE_KILL = 4
const DEVICES = 60
/** Of these, more must be acknowledged in all. */
const MIN_ENDS = 100
const MIN_ARTIFACTS = 5
const FILTERS = '/api/management/v2/inventory/filters'

let data_dir: string
let installation: Installation
beforeEach(async () => {
  data_dir = await mkdtemp(join(tmpdir(), 'muster-crash-'))
  installation = await install(data_dir)
}, 60_000)
afterEach(async () => {
  await installation[Symbol.asyncDispose]()
  await rm(data_dir, { recursive: true, force: true })
}, 60_000)

/** What the server has acknowledged, and must not lose. */
const acknowledged = {
  offers: new Map<string, string>(),
  ends: new Map<string, string>(),
  may_be_aborted: new Set<string>(),
  deployments: new Set<string>(),
  aborted: new Set<string>(),
  artifacts: new Map<string, string>(),
}

test(`nothing acknowledged is lost in any of ${KILLS} kills under load, and every counter is correct`, async () => {
  await installation.start()
  const { token, devices } = await setUp(installation.url)
  for (let kill = 1; kill <= KILLS; kill++) {
    const { url } = installation
    const api = openApi(url, token)
    // Devices that poll and report, and a user who uploads, deploys and aborts.
    const load = startLoad([
      ...devices.map((device) => at(url, device)).map((device) => () => update(device)),
      () => operate(api),
    ])
    await wait(200 + Math.random() * 1300)
    await untilAcknowledged(kill / KILLS)
    if (kill % KILLS_PER_WHOLE_KILL === 0) await installation.kill()
    else await installation.killOne()
    if (kill % KILLS_PER_DATABASE_KILL === 0) await installation.killDatabase()
    // The surviving processes continue.
    await wait(200)
    await load.end()
    // In between, the next server itself finds the database running or has to restart it.
    if (kill % 2 === 0) await look(expectAcknowledged)
    await installation.start()
    await expectArtifacts(openApi(installation.url, token))
  }
  expect(acknowledged.ends.size).toBeGreaterThan(MIN_ENDS)
  expect(acknowledged.may_be_aborted.size).toBeGreaterThan(0)
  expect(acknowledged.artifacts.size).toBeGreaterThan(MIN_ARTIFACTS)
  expectNoViolations(devices)
  expect(new Set(await installation.stop())).toEqual(new Set([0]))
}, 600_000)

test('an abort is written back although a kill comes before or during the write', async () => {
  await installation.start()
  const { token, devices } = await setUp(installation.url)
  const api = openApi(installation.url, token)
  const [device] = devices
  const { body: filters } = await api.get(FILTERS)
  const body = { name: 'n', artifact_name: 'release-1', filter_id: filters[0].id }
  const id = (await api.post(V2, body)).headers.get('location')?.split('/')[5] ?? ''
  await poll(device!)
  await look((db) => addRowsLike(db, id))
  expect(await api.put(`${V1}/${id}/status`, { status: 'aborted' })).toMatchObject({ status: 204 })
  await installation.kill()
  expect(await look((db) => countUnfinished(db, id))).toBeGreaterThan(0)
  for (let kill = 1; kill <= 2; kill++) {
    await installation.start()
    await wait(kill * 50)
    await installation.kill()
    await look((db) => countUnfinished(db, id))
  }
  await installation.start()
  while (await look(isUnsettled)) await wait(500)
  expect(await look((db) => countUnfinished(db, id))).toBe(0)
  const { statistics } = (await openApi(installation.url, token).get(`${V1}/${id}`)).body
  expect(statistics.status).toMatchObject({ aborted: MANY + 1, pending: 0 })
  expect(new Set(await installation.stop())).toEqual(new Set([0]))
}, 240_000)

const MANY = 20_000

/** As if many more devices had polled. */
async function addRowsLike(db: Database, id: string) {
  await db.query(sql`
    insert into device_deployments (tenant_id, device_id, id, deployment_id, deployment_created, status, created, image,
      attempt_begun)
    select tenant_id, 'more-' || n, gen_random_uuid()::text, deployment_id, deployment_created, status, created, image,
      attempt_begun
    from device_deployments, generate_series(1, ${MANY}::int) as n where deployment_id = ${id}`)
  await db.query(sql`
    update deployment_progress set device_count = device_count + ${MANY}, pending = pending + ${MANY},
      total_size = total_size * (1 + ${MANY}) where deployment_id = ${id}`)
}

const countUnfinished = async (db: Database, id: string) =>
  (await db.first<{ n: number }>(sql`
    select count(*) as n from device_deployments where deployment_id = ${id} and finished is null`))!.n

const isUnsettled = (db: Database) => db.first(sql`select 1 from deployment_progress where abort_unwritten`)

const wait = (ms: number) => new Promise((wake) => setTimeout(wake, ms))

/** Until a share of what must be acknowledged in all is, for which a busy machine takes longer. */
async function untilAcknowledged(share: number) {
  const { ends, artifacts } = acknowledged
  const is_enough = () => ends.size > share * MIN_ENDS && artifacts.size > share * MIN_ARTIFACTS
  for (const until = Date.now() + 10_000; !is_enough() && Date.now() < until; ) await wait(20)
}

async function setUp(url: string) {
  const api = await signInAsAdministrator(url)
  await uploadMixed(api, 'release-1')
  await saveFilter(api, inventoryTerm('foo', 'foo'))
  return { token: api.token, devices: await enrolMixed(url, api, DEVICES) }
}

async function update(device: SimulatedDevice) {
  const offer = await poll(device)
  if (offer.status !== 200) return void (await wait(20))
  const key = `${offer.body.id}/${device.id}`
  acknowledged.offers.set(key, offer.body.id)
  await device.report(offer.body.id, 'installing')
  const status = Math.random() < 0.3 ? 'failure' : 'success'
  const report = await device.report(offer.body.id, status)
  // A failure with a retry left is not final.
  if (report.status !== 204 || status !== 'success') return
  acknowledged.ends.set(key, status)
  // It may have been asked to cancel, which it has not seen: then the server takes note, and the abort prevails.
  if (isDdi(device)) acknowledged.may_be_aborted.add(key)
}

async function operate(api: Api) {
  const filters = await api.get(FILTERS)
  if (filters.status !== 200) return void (await wait(20))
  const created = await api.post(V2, {
    name: 'n',
    artifact_name: 'release-1',
    filter_id: filters.body[0].id,
    retries: 1,
  })
  if (created.status !== 201) return
  const id = created.headers.get('location')?.split('/')[5] ?? ''
  acknowledged.deployments.add(id)
  const file = await buildArtifact({ name: `release-${id}` })
  const upload = await uploadFile(api, file)
  if (upload.status === 201)
    acknowledged.artifacts.set(
      upload.headers.get('location')?.split('/').at(-1) ?? '',
      createHash('sha256').update(file).digest('hex'),
    )
  await wait(100)
  if (Math.random() < 0.3) {
    const abort = await api.put(`${V1}/${id}/status`, { status: 'aborted' })
    if (abort.status === 204) acknowledged.aborted.add(id)
  }
}

/** In every check, all counters and actions must be correct. */
const look = <Found>(find: (db: Database) => Promise<Found>): Promise<Found> =>
  installation.look(async (db) => {
    const found = await find(db)
    await expectCountersToEqualRows(db)
    await expectActionsToMatchRows(db)
    return found
  })

async function expectAcknowledged(db: Database) {
  const rows = await db.query<{ key: string; status: string }>(sql`
    select deployment_id || '/' || device_id as key, status from effective_device_deployments`)
  const status = new Map(rows.map((row) => [row.key, row.status]))
  expect([...acknowledged.offers.keys()].filter((key) => !status.has(key))).toEqual([])
  const isLost = ([key, end]: [string, string]) =>
    status.get(key) !== end && !(status.get(key) === 'aborted' && acknowledged.may_be_aborted.has(key))
  expect([...acknowledged.ends].filter(isLost)).toEqual([])

  const deployments = await db.query<{ deployment_id: string; was_aborted: boolean }>(sql`
    select deployment_id, was_aborted from deployment_progress`)
  const aborted = new Map(deployments.map((row) => [row.deployment_id, row.was_aborted]))
  expect([...acknowledged.deployments].filter((id) => !aborted.has(id))).toEqual([])
  expect([...acknowledged.aborted].filter((id) => !aborted.get(id))).toEqual([])
}

async function expectArtifacts(api: Api) {
  const listed = (await api.get(ARTIFACTS)).body as { id: string }[]
  expect([...acknowledged.artifacts.keys()].filter((id) => !listed.some((artifact) => artifact.id === id))).toEqual([])
  for (const [id, sha256] of acknowledged.artifacts) {
    const { uri } = (await api.get(`${ARTIFACTS}/${id}/download`)).body
    const bytes = Buffer.from(await (await fetch(uri)).arrayBuffer())
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256)
  }
  expect((await readdir(data_dir)).filter((name) => name.startsWith('postgres-new-'))).toEqual([])
}
