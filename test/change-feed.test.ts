import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Database } from '../src/db/db.ts'
import { openHistory } from '../src/db/history.ts'
import { type ChangeFeed, type Invalidation, openChangeFeed } from '../src/db/invalidations/change-feed.ts'
import { pruneInvalidations } from '../src/db/invalidations/prune-invalidations.ts'
import { openPool } from '../src/db/pool.ts'
import { sql } from '../src/db/sql.ts'
import { setCheckIn } from './support/check-in.ts'
import { cloneDatabase } from './support/clone-database.ts'

const TENANT = 'a'
const DEVICES = 6
/** The devices that the writers change, by number. */
const deviceId = (i: number) => `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`

let url: string
let db: Database
let drop: () => Promise<unknown>
let feed: ChangeFeed
const clients: pg.Client[] = []

beforeAll(async () => {
  const database = await cloneDatabase()
  url = database.url
  drop = database.drop
  db = openPool(url, 4)
  await db.query(
    sql`insert into tenants (tenant_id, name, plan, created_ts) values (${TENANT}, 'a', 'enterprise', now())`,
  )
  for (let i = 0; i < DEVICES; i++) await insertDevice(deviceId(i))
})
afterAll(async () => {
  await db.close()
  await drop()
})
beforeEach(async () => {
  feed = openChangeFeed({ connectionString: url }, openHistory())
  await feed.read()
})
afterEach(async () => {
  await feed.close()
  await Promise.all(clients.splice(0).map((client) => client.end()))
})

const insertDevice = (id: string) =>
  db.query(sql`
    insert into devices (tenant_id, id, identity_data, identity_sha256, status, created_ts, updated_ts, attributes,
      attributes_updated_ts)
    values (${TENANT}, ${id}, '{}', ${id}, 'accepted', now(), now(), '{}', now())`)

const raise = (id: string) => sql`
  update devices set device_version = device_version + 1 where tenant_id = ${TENANT} and id = ${id}
  returning device_version`

async function newClient(): Promise<pg.Client> {
  const client = new pg.Client(url)
  await client.connect()
  clients.push(client)
  return client
}

const readAll = async (): Promise<readonly Invalidation[]> => {
  const { complete, invalidations } = await feed.read()
  expect(complete).toBe(true)
  return invalidations
}
/** Again while a transaction runs, in whichever database, that is older than some of them. */
const removeAll = () =>
  expect
    .poll(async () => {
      await db.query(sql`update invalidations set at = at - interval '1 hour'`)
      await pruneInvalidations(db)
      return db.query(sql`select xid from invalidations`)
    })
    .toEqual([])
const devicesOf = (invalidations: readonly Invalidation[]) =>
  invalidations.map((one) => ('device_id' in one ? one.device_id : one.tenant_id))

describe('a change feed', () => {
  test('is incomplete at first, and then returns each change once, with the version that it made', async () => {
    const other = openChangeFeed({ connectionString: url }, openHistory())
    expect(await other.read()).toEqual({ complete: false, invalidations: [] })
    const [row] = await db.query<{ device_version: number }>(raise(deviceId(0)))
    const { invalidations } = await other.read()
    expect(invalidations).toMatchObject([{ tenant_id: TENANT, device_id: deviceId(0) }])
    expect(Number((invalidations[0] as { device_version: unknown }).device_version)).toBe(row?.device_version)
    expect(await other.read()).toEqual({ complete: true, invalidations: [] })
    await other.close()
  })

  test('returns a change of a transaction that began before others and committed after them', async () => {
    const [slow, fast] = [await newClient(), await newClient()]
    await slow.query('begin')
    await slow.query('update devices set device_version = device_version + 1 where id = $1', [deviceId(0)])
    for (const i of [1, 2]) {
      await fast.query('update devices set device_version = device_version + 1 where id = $1', [deviceId(i)])
      expect(devicesOf(await readAll())).toEqual([deviceId(i)])
    }
    await slow.query('commit')
    expect(devicesOf(await readAll())).toEqual([deviceId(0)])
    expect(await readAll()).toEqual([])
  })

  test('misses and repeats nothing, whatever transactions overlap, and shows nothing that was rolled back', async () => {
    const WRITERS = 4
    const writers = await Promise.all(Array.from({ length: WRITERS }, newClient))
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ kind: fc.constant('write' as const), writer: fc.nat(WRITERS - 1) }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('commit' as const), writer: fc.nat(WRITERS - 1) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('rollback' as const), writer: fc.nat(WRITERS - 1) }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('read' as const), writer: fc.constant(0) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('prune' as const), writer: fc.constant(0) }) },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        await feed.read()
        // A writer has a device of its own, so that none waits for another.
        const pending = new Map<number, number>()
        let committed: string[] = []
        const end = async (writer: number, kind: 'commit' | 'rollback') => {
          if (!pending.has(writer)) return
          await writers[writer]?.query(kind)
          if (kind === 'commit') for (let n = 0; n < (pending.get(writer) ?? 0); n++) committed.push(deviceId(writer))
          pending.delete(writer)
        }
        const check = async () => {
          expect(devicesOf(await readAll()).toSorted()).toEqual(committed.toSorted())
          committed = []
        }
        for (const { kind, writer } of steps)
          if (kind === 'read') await check()
          else if (kind === 'prune') await pruneInvalidations(db)
          else if (kind === 'write') {
            if (!pending.has(writer)) await writers[writer]?.query('begin')
            pending.set(writer, (pending.get(writer) ?? 0) + 1)
            await writers[writer]?.query('update devices set device_version = device_version + 1 where id = $1', [
              deviceId(writer),
            ])
          } else await end(writer, kind)
        for (let writer = 0; writer < WRITERS; writer++) await end(writer, 'commit')
        await check()
      }),
      { numRuns: 60 },
    )
  })

  test('returns to each of two reads at the same time at least what was committed before it', async () => {
    for (let round = 0; round < 50; round++) {
      await db.query(raise(deviceId(round % DEVICES)))
      const first = readAll()
      const second = db.query(raise(deviceId((round + 1) % DEVICES))).then(readAll)
      expect(devicesOf(await first)).toContain(deviceId(round % DEVICES))
      expect(devicesOf([...(await first), ...(await second)])).toContain(deviceId((round + 1) % DEVICES))
    }
  })

  test('is incomplete after its connection was lost, and after it missed what was removed', async () => {
    await db.query(sql`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and query like '%invalidations_pruned p%' and pid <> pg_backend_pid()`)
    // The first read may come before the loss is noticed, and fail.
    expect((await feed.read().catch(() => feed.read())).complete).toBe(false)
    await db.query(raise(deviceId(0)))
    await removeAll()
    expect(await feed.read()).toEqual({ complete: false, invalidations: [] })
    expect(await readAll()).toEqual([])
  })

  /** Whether a transaction is running that began before the latest change. */
  const hasOlderTransactions = async () =>
    (
      await db.first<{ has: boolean }>(sql`
      select pg_snapshot_xmin(pg_current_snapshot()) <= xid as has from invalidations order by xid desc limit 1`)
    )?.has

  test('is complete if only what it has read was removed', async () => {
    await db.query(raise(deviceId(0)))
    expect(devicesOf(await readAll())).toEqual([deviceId(0)])
    // Those of other databases of the cluster are in every snapshot, too.
    await vi.waitFor(async () => expect(await hasOlderTransactions()).toBe(false), { timeout: 20_000, interval: 20 })
    expect(await readAll()).toEqual([])
    await removeAll()
    await db.query(raise(deviceId(1)))
    expect(devicesOf(await readAll())).toEqual([deviceId(1)])
  })

  test('does not lose what a transaction older than everything removed commits', async () => {
    const slow = await newClient()
    await slow.query('begin')
    await slow.query('update devices set device_version = device_version + 1 where id = $1', [deviceId(0)])
    await db.query(raise(deviceId(1)))
    await readAll()
    await db.query(sql`update invalidations set at = at - interval '1 hour'`)
    await pruneInvalidations(db)
    await slow.query('commit')
    expect(devicesOf(await readAll())).toContain(deviceId(0))
  })

  test('is incomplete if more has changed than is worth reading', async () => {
    await db.query(sql`
      insert into invalidations (tenant_id, device_id) select ${TENANT}, i::text from generate_series(1, 10001) i`)
    expect(await feed.read()).toEqual({ complete: false, invalidations: [] })
    expect(await readAll()).toEqual([])
  })

  test('gets over the transaction IDs of another server, which a restored database has', async () => {
    await db.query(sql`insert into invalidations (xid, tenant_id, device_id) values ('900000000000', ${TENANT}, 'x')`)
    await db.query(sql`update invalidations_pruned set xid = '900000000000'`)
    expect((await feed.read()).complete).toBe(false)
    await pruneInvalidations(db)
    await feed.read()
    await db.query(raise(deviceId(0)))
    expect(devicesOf(await readAll())).toEqual([deviceId(0)])
  })
})

describe('what an idle device depends on invalidates it:', () => {
  const id = randomUUID()
  const deployment_id = randomUUID()
  beforeAll(async () => {
    await insertDevice(id)
    await db.query(sql`
      insert into deployments (tenant_id, id, name, artifact_name, created, dynamic, initial_device_count)
      values (${TENANT}, ${deployment_id}, 'd', 'r', now(), false, 1)`)
  })
  const assign = (finished: string | null) => sql`
    insert into device_deployments (tenant_id, device_id, id, deployment_id, deployment_created, phase_index, status,
      created, finished)
    values (${TENANT}, ${id}, ${randomUUID()}, ${deployment_id}, now(), 0, ${finished ? 'success' : 'pending'}, now(),
      ${finished})`

  test('a check-in does not', async () => {
    await setCheckIn(db, id, sql`now()`)
    expect(await readAll()).toEqual([])
  })
  test('a row of a deployment that it has not finished, and one that is no longer finished', async () => {
    await db.query(assign(null))
    expect(await readAll()).toMatchObject([{ tenant_id: TENANT, device_id: id, device_version: null }])
    await db.query(sql`update device_deployments set finished = now(), status = 'success' where device_id = ${id}`)
    expect(await readAll()).toEqual([])
    await db.query(sql`update device_deployments set finished = null, status = 'pending' where device_id = ${id}`)
    expect(await readAll()).toMatchObject([{ tenant_id: TENANT, device_id: id, device_version: null }])
    await db.query(sql`delete from device_deployments where device_id = ${id}`)
  })
  test('many rows in one statement, each once', async () => {
    const ids = Array.from({ length: 120 }, (_, i) => deviceId(1000 + i))
    await db.query(sql`
      insert into device_deployments (tenant_id, device_id, id, deployment_id, deployment_created, status, created)
      select ${TENANT}, id, id, ${deployment_id}, now(), 'pending', now() from unnest(${ids}::text[]) id`)
    expect(devicesOf(await readAll()).toSorted()).toEqual(ids)
    await db.query(sql`delete from device_deployments where device_id = any(${ids})`)
  })
  test('not a row of one that was finished at once', async () => {
    await db.query(assign(new Date().toISOString()))
    expect(await readAll()).toEqual([])
    await db.query(sql`delete from device_deployments where device_id = ${id}`)
  })
  test('the deployments of its tenant, and the status of the tenant', async () => {
    await db.query(sql`update tenants set deployments_version = deployments_version + 1 where tenant_id = ${TENANT}`)
    expect(await readAll()).toMatchObject([{ tenant_id: TENANT, device_id: null }])
    await db.query(sql`update tenants set status = 'suspended' where tenant_id = ${TENANT}`)
    expect(await readAll()).toMatchObject([{ tenant_id: null }])
    await db.query(sql`update tenants set name = 'b' where tenant_id = ${TENANT}`)
    expect(await readAll()).toEqual([])
  })
  test('its removal', async () => {
    await db.query(sql`delete from devices where id = ${id}`)
    expect(await readAll()).toMatchObject([{ tenant_id: TENANT, device_id: id, device_version: null }])
  })
})
