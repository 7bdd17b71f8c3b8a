import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Answer } from '../src/client/send.ts'
import { pruneInvalidations } from '../src/db/invalidations/prune-invalidations.ts'
import { sql } from '../src/db/sql.ts'
import type { SimulatedDevice } from '../src/simulate/simulated-device.ts'
import { uploadTestArtifact } from './support/artifact.ts'
import { cloneDatabase } from './support/clone-database.ts'
import { deploy, inventoryTerm, poll, saveFilter, V1 } from './support/deploy.ts'
import { enrol } from './support/device.ts'
import { isFull } from './support/sample.ts'
import { startServer, type TestServer, type TestTenant } from './support/server.ts'
import { type ServerProcess, startProcess } from './support/server-process.ts'
import { at } from './support/until-gone.ts'

const DEVICES = isFull ? 60 : 30
/** How often at least, however long a busy machine takes. */
const LEAST = isFull ? { steps: 300, kills: 40 } : { steps: 30, kills: 4 }
/** Between two disturbances: a server killed, a connection of the change feed ended, invalidations removed. */
const DISTURB_MS = 700
const INVENTORY = '/api/management/v1/inventory/devices'
const DEVAUTH = '/api/management/v2/devauth'

let database: Awaited<ReturnType<typeof cloneDatabase>>
/** The server on which people change things. It is not killed, so each change is acknowledged or refused. */
let control: TestServer
let tenant: TestTenant
let data_dir: string
let environment: Record<string, string>
/** The servers that devices poll. */
const polled: (ServerProcess | undefined)[] = []

beforeAll(async () => {
  database = await cloneDatabase()
  control = await startServer({ database_url: database.url })
  tenant = await control.tenant()
  await uploadTestArtifact(tenant.api, { name: 'release-1' })
  data_dir = await mkdtemp(join(tmpdir(), 'muster-idle-'))
  environment = { DATABASE_URL: database.url, MUSTER_DATA_DIR: data_dir }
  polled.push(await startProcess(environment), await startProcess(environment))
})
afterAll(async () => {
  await Promise.all(polled.map((server) => server?.stop()))
  await control[Symbol.asyncDispose]()
  await database.drop()
  await rm(data_dir, { recursive: true, force: true })
})

/** Asks any of the servers that are up, again while the one that was asked is killed. */
async function ask(device: SimulatedDevice, request: (at: SimulatedDevice) => Promise<Answer>): Promise<Answer> {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(20)) {
    const server = polled[Math.floor(Math.random() * polled.length)]
    if (!server) continue
    const answer = await request(at(server.url, device)).catch(() => undefined)
    if (answer && answer.status !== 503) return answer
  }
  throw new Error('No server answered.')
}

const status = async (device: SimulatedDevice) => (await ask(device, poll)).status

/** Polls often enough to be idle at both servers, so that what follows is answered from memory. */
async function becomeIdle(device: SimulatedDevice) {
  for (let i = 0; i < 2 + Math.random() * 4; i++) expect(await status(device)).toBe(204)
}

type Step = (device: SimulatedDevice) => Promise<void>

/** Each changes what the next poll depends on, and expects that the very next one, at any server, shows it. */
const STEPS: readonly Step[] = [
  async function listed(device) {
    await becomeIdle(device)
    const id = await deploy(tenant.api, { devices: [device.id] })
    expect(await status(device)).toBe(200)
    expect((await ask(device, (at) => at.report(id, 'success'))).status).toBe(204)
    expect(await status(device)).toBe(204)
  },
  async function aborted(device) {
    await becomeIdle(device)
    const id = await deploy(tenant.api, { devices: [device.id] })
    expect(await status(device)).toBe(200)
    expect(await tenant.api.put(`${V1}/${id}/status`, { status: 'aborted' })).toMatchObject({ status: 204 })
    expect(await status(device)).toBe(204)
  },
  async function matchedByTag(device) {
    const ring = `${device.id} ${Math.random()}`
    const term = { ...inventoryTerm('ring', ring), scope: 'tags' }
    const id = await deploy(tenant.api, { filter_id: await saveFilter(tenant.api, term) })
    await becomeIdle(device)
    const tags = [{ name: 'ring', value: ring }]
    expect(await tenant.api.put(`${INVENTORY}/${device.id}/tags`, tags)).toMatchObject({ status: 200 })
    expect(await status(device)).toBe(200)
    await tenant.api.put(`${V1}/${id}/status`, { status: 'aborted' })
    expect(await status(device)).toBe(204)
  },
  async function matchedByInventory(device) {
    const place = `${device.id} ${Math.random()}`
    const attributes = { device_type: 'qemux86-64', artifact_name: 'factory', place }
    const id = await deploy(tenant.api, { filter_id: await saveFilter(tenant.api, inventoryTerm('place', place)) })
    await becomeIdle(device)
    const report = () => ask(device, (at) => at.sendInventory(attributes))
    expect((await report()).status).toBe(200)
    expect(await status(device)).toBe(200)
    await tenant.api.put(`${V1}/${id}/status`, { status: 'aborted' })
    expect(await status(device)).toBe(204)
    for (let i = 0; i < 4; i++) expect((await report()).status).toBe(200)
    // An unchanged report is answered from memory, and must not hide that a tag of the same name has changed.
    const { body } = await tenant.api.get(`${INVENTORY}/${device.id}`)
    expect(body.attributes.find(({ name }: { name: string }) => name === 'place').value).toBe(place)
  },
  async function reportedAgain(device) {
    const report = (place: string) =>
      ask(device, (at) => at.sendInventory({ device_type: 'qemux86-64', artifact_name: 'factory', place }))
    const values = ['first', 'second'].map((value) => `${value} ${device.id}`)
    for (let i = 0; i < 6; i++) {
      const place = values[Math.floor(Math.random() * 2)] as string
      expect((await report(place)).status).toBe(200)
      const { body } = await tenant.api.get(`${INVENTORY}/${device.id}`)
      expect(body.attributes.find(({ name }: { name: string }) => name === 'place').value).toBe(place)
    }
  },
  async function revoked(device) {
    await becomeIdle(device)
    const { body } = await tenant.api.get(`${DEVAUTH}/devices/${device.id}`)
    expect(await tenant.api.delete(`${DEVAUTH}/tokens/${body.auth_sets[0].id}`)).toMatchObject({ status: 204 })
    expect(await status(device)).toBe(401)
    const inventory = await ask(device, (at) =>
      at.sendInventory({ device_type: 'qemux86-64', artifact_name: 'factory' }),
    )
    expect(inventory.status).toBe(401)
    expect((await device.requestAuth()).status).toBe(200)
    expect(await status(device)).toBe(204)
  },
]

test('the very next poll at any server shows every acknowledged change, while servers are killed', async () => {
  const devices = await enrol(control, tenant, DEVICES)
  const done = new Map(STEPS.map((step) => [step, 0]))
  let kills = 0
  const isEnough = () => kills >= LEAST.kills && Math.min(...done.values()) >= LEAST.steps
  const work = Promise.all(
    devices.map(async (device) => {
      while (!isEnough()) {
        const step = STEPS[Math.floor(Math.random() * STEPS.length)] as Step
        await step(device)
        done.set(step, done.get(step)! + 1)
      }
    }),
  )
  let isOver = false
  const over = work.finally(() => {
    isOver = true
  })
  over.catch(() => {})
  while (!isOver && !isEnough()) {
    await sleep(DISTURB_MS)
    const chance = Math.random()
    if (chance < 0.3) {
      const slot = kills % polled.length
      const doomed = polled[slot]
      polled[slot] = undefined
      await doomed?.kill()
      polled[slot] = await startProcess(environment)
      kills++
    } else if (chance < 0.7)
      await control.env.db.query(sql`
        select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and query like '%invalidations_pruned p%' and pid <> pg_backend_pid()`)
    else {
      await control.env.db.query(sql`update invalidations set at = at - interval '1 minute'`)
      await pruneInvalidations(control.env.db)
    }
  }
  await over
})
