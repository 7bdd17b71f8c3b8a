import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Database } from '../src/db/db.ts'
import { openPool } from '../src/db/pool.ts'
import { sql } from '../src/db/sql.ts'
import { hashKey } from '../src/events/idempotency/creation.ts'
import { enrolDevices } from '../src/simulate/enrol.ts'
import { simulateDevice } from '../src/simulate/simulated-device.ts'
import { type Api, openApi } from './support/api.ts'
import { uploadTestArtifact } from './support/artifact.ts'
import { cloneDatabase } from './support/clone-database.ts'
import { V1 } from './support/deploy.ts'
import { isFull } from './support/sample.ts'
import { type ServerProcess, startProcess } from './support/server-process.ts'
import { signInAsAdministrator } from './support/until-gone.ts'

const KILLS = isFull ? 60 : 6
/** Of requests at two processes at once. */
const PAIRS = isFull ? 300 : 40
/** Requests in flight at a kill. */
const IN_FLIGHT = 8

let database: Awaited<ReturnType<typeof cloneDatabase>>
let data_dir: string
let db: Database
let token: string
const servers: ServerProcess[] = []
const start = () => startProcess({ DATABASE_URL: database.url, MUSTER_DATA_DIR: data_dir })

beforeAll(async () => {
  database = await cloneDatabase()
  data_dir = await mkdtemp(join(tmpdir(), 'muster-keys-'))
  servers.push(...(await Promise.all([start(), start()])))
  db = openPool(database.url, 2)
  const { url } = servers[0]!
  const admin = await signInAsAdministrator(url)
  token = admin.token ?? ''
  await uploadTestArtifact(admin, { name: 'release-1' })
  await enrolDevices(admin, [simulateDevice({ url, identity: { mac: '1' } })], () => ({}))
})
afterAll(async () => {
  await db?.close()
  for (const server of servers) await server.kill()
  await database.drop()
  await rm(data_dir, { recursive: true, force: true })
})

/** Names of deployments need not be unique: only the key prevents a second one. */
const create = (api: Api, key: string) =>
  api.post(V1, { name: key, artifact_name: 'release-1', all_devices: true }, { 'idempotency-key': key })
const idsOf = async (key: string) =>
  (await db.query<{ id: string }>(sql`select id from deployments where name = ${key}`)).map(({ id }) => id)
const idIn = ({ headers }: { headers: Headers }) => headers.get('location')?.split('/').at(-1)
const apiOf = (index: number) => openApi(servers[index]!.url, token)

test(`of ${PAIRS} pairs of requests with one key at two processes, each creates once`, async () => {
  let refused = 0
  for (let pair = 0; pair < PAIRS; pair++) {
    const key = randomUUID()
    const answers = await Promise.all([create(apiOf(0), key), create(apiOf(1), key)])
    const created = answers.filter(({ status }) => status === 201)
    for (const { status, body } of answers)
      expect(status === 201 || [status, body.code]).toEqual(status === 201 || [409, 'idempotency_key_in_use'])
    refused += answers.length - created.length
    expect([created.length > 0, new Set(created.map(idIn)).size]).toEqual([true, 1])
    expect(await idsOf(key)).toEqual([idIn(created[0]!)])
  }
  expect(refused).toBeGreaterThan(0)
})

test(`a process is killed ${KILLS} times while it creates, and no repeated request creates a second time`, async () => {
  const found = { created: 0, claimed: 0, nothing: 0 }
  for (let kill = 0; kill < KILLS; kill++) {
    const [at, other] = [kill % 2, (kill + 1) % 2]
    const keys = Array.from({ length: IN_FLIGHT }, () => randomUUID())
    const sent = Promise.all(keys.map((key) => create(apiOf(at), key).catch(() => undefined)))
    await new Promise((wake) => setTimeout(wake, Math.random() * 60))
    await servers[at]!.kill()
    const answers = await sent
    servers[at] = await start()
    for (const [i, key] of keys.entries()) {
      const row = await db.first<{ created_id: string | null }>(sql`
        select created_id from idempotency_keys where key_sha256 = ${hashKey(key)}`)
      found[row?.created_id ? 'created' : row ? 'claimed' : 'nothing']++
      expect(await idsOf(key)).toEqual(row?.created_id ? [row.created_id] : [])
      if (row && !row.created_id) {
        // However long the restart has taken.
        await db.query(sql`
          update idempotency_keys set claimed_until = now() + interval '1 hour' where key_sha256 = ${hashKey(key)}`)
        expect((await create(apiOf(other), key)).status).toBe(409)
        // As time would do.
        await db.query(sql`update idempotency_keys set claimed_until = claimed_at where key_sha256 = ${hashKey(key)}`)
      }
      const again = await create(apiOf(other), key)
      expect(again.status).toBe(201)
      if (answers[i]?.status === 201) expect(idIn(again)).toBe(idIn(answers[i]!))
      expect(await idsOf(key)).toEqual([idIn(again)])
    }
  }
  // How many of each depends on the moments of the kills.
  expect(found.created + found.claimed, JSON.stringify(found)).toBeGreaterThan(0)
}, 3_600_000)
