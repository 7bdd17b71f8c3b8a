import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Database } from '../src/db/db.ts'
import { sql } from '../src/db/sql.ts'
import { Acknowledged, expectConsistent, FILTERS } from './support/acknowledged.ts'
import { type Api, openApi } from './support/api.ts'
import { inventoryTerm, poll, saveFilter, V1, V2 } from './support/deploy.ts'
import { type Installation, install } from './support/installation.ts'
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
/** An update by DDI takes three times as many requests. */
const MIN_DDI_ENDS = 5
const MIN_ARTIFACTS = 5

let data_dir: string
let installation: Installation
beforeEach(async () => {
  data_dir = await mkdtemp(join(tmpdir(), 'muster-crash-'))
  installation = await install(data_dir)
})
afterEach(async () => {
  await installation[Symbol.asyncDispose]()
  await rm(data_dir, { recursive: true, force: true })
})

/** What the server must not lose. */
const acknowledged = new Acknowledged()

test(`nothing acknowledged is lost in any of ${KILLS} kills under load, and every counter is correct`, async () => {
  await installation.start()
  const { token, devices } = await setUp(installation.url)
  for (let kill = 1; kill <= KILLS; kill++) {
    const { url } = installation
    const api = openApi(url, token)
    // Devices that poll and report, and a user who uploads, deploys and aborts.
    const load = startLoad([
      ...devices.map((device) => at(url, device)).map((device) => () => acknowledged.update(device)),
      () => acknowledged.operate(api),
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
    if (kill % 2 === 0) await look((db) => acknowledged.expectIn(db))
    await installation.start()
    await expectArtifacts(openApi(installation.url, token))
  }
  expect(acknowledged.ends.size).toBeGreaterThan(MIN_ENDS)
  expect(acknowledged.may_be_aborted.size).toBeGreaterThan(MIN_DDI_ENDS)
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
})

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
  const { ends, may_be_aborted, artifacts } = acknowledged
  const is_enough = () =>
    ends.size > share * MIN_ENDS && may_be_aborted.size > share * MIN_DDI_ENDS && artifacts.size > share * MIN_ARTIFACTS
  for (const until = Date.now() + 30_000; !is_enough() && Date.now() < until; ) await wait(20)
}

async function setUp(url: string) {
  const api = await signInAsAdministrator(url)
  await uploadMixed(api, 'release-1')
  await saveFilter(api, inventoryTerm('foo', 'foo'))
  return { token: api.token, devices: await enrolMixed(url, api, DEVICES) }
}

/** In every check, all counters and actions must be correct. */
const look = <Found>(find: (db: Database) => Promise<Found>): Promise<Found> =>
  installation.look(async (db) => {
    const found = await find(db)
    await expectConsistent(db)
    return found
  })

async function expectArtifacts(api: Api) {
  await acknowledged.expectArtifacts(api)
  expect((await readdir(data_dir)).filter((name) => name.startsWith('postgres-new-'))).toEqual([])
}
