import { afterEach, expect, test } from 'vitest'
import { sql } from '../src/db/sql.ts'
import { pruneHistory } from '../src/deployments/upkeep/prune-history.ts'
import { pruneEvents } from '../src/events/prune-events.ts'
import type { SimulatedDevice } from '../src/simulate/simulated-device.ts'
import { openApi } from './support/api.ts'
import { uploadTestArtifact } from './support/artifact.ts'
import { DEVAUTH } from './support/auth.ts'
import { abort, deploy, inventoryTerm, poll, reportAll, saveFilter, show, statistics, V1 } from './support/deploy.ts'
import { enrol } from './support/device.ts'
import { useServer } from './support/fixtures.ts'
import { expectCountersToEqualRows } from './support/recount.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const LOGS = '/api/management/v1/auditlogs/logs'
const going = new AbortController().signal

const server = useServer()
afterEach(() => expectCountersToEqualRows(server.env.db))

const inDays = (days: number) => ({ db: server.env.db, now: () => new Date(Date.now() + days * DAY_MS) })

test('old finished device deployments and their logs are deleted; counters stay, and no device goes back', async () => {
  const tenant = await server.tenant()
  const { api } = tenant
  await uploadTestArtifact(api, { name: 'release-1' })
  await uploadTestArtifact(api, { name: 'release-2' })
  const devices = await enrol(server, tenant, 3, { foo: 'foo' })
  const [first, second, third] = devices
  const ids = devices.map(({ id }) => id ?? '')
  // Never finished and the oldest: a device without its history would be offered this one.
  const oldest = await deploy(api, { devices: ids })
  const sendOut = (artifact_name: string, whose: typeof devices) =>
    deploy(api, { artifact_name, devices: whose.map((device) => device.id) })
  for (const device of devices) expect((await poll(device)).body.id).toBe(oldest)
  await reportAll([first!, second!], oldest, 'failure')
  const older = await sendOut('release-1', [first!, second!])
  for (const device of [first!, second!]) expect((await poll(device)).body.id).toBe(older)
  await reportAll([first!, second!], older, 'failure')
  for (const device of [first!, second!]) expect((await sendLog(device, older)).status).toBe(204)
  const newer = await sendOut('release-2', [first!])
  expect((await poll(first!)).body.id).toBe(newer)
  await reportAll([first!], newer, 'success')
  const counted = await statistics(api, older)
  expect(counted).toEqual({ failure: 2 })

  await Promise.all([1, 2, 3].map(() => pruneHistory(inDays(31), 30, going)))

  expect(await statistics(api, older)).toEqual(counted)
  expect(await show(api, older)).toMatchObject({ history_removed: true, device_count: 2, status: 'finished' })
  // The second device has finished nothing newer.
  const left = await api.get(`${V1}/${older}/devices`)
  expect(left.body).toMatchObject([{ id: second!.id, log: false }])
  expect(left.body).toHaveLength(1)
  for (const device of [first!, second!])
    expect((await api.get(`${V1}/${older}/devices/${device.id}/log`)).status).toBe(404)
  expect((await api.get(`${V1}/${newer}/devices`)).body).toHaveLength(1)
  expect(await show(api, oldest)).not.toHaveProperty('history_removed')
  expect((await api.get(`${V1}/${oldest}/devices`)).body).toHaveLength(3)
  for (const device of [first!, second!]) expect((await poll(device)).status).toBe(204)
  expect((await poll(third!)).body.id).toBe(oldest)
})

test('past memberships are deleted with the last deployment that lists devices by them', async () => {
  const tenant = await server.tenant()
  await uploadTestArtifact(tenant.api, { name: 'release-1' })
  const ids = (await enrol(server, tenant, 2)).map(({ id }) => id ?? '').sort()
  const decide = (action: string) => tenant.api.post(`${DEVAUTH}/devices/bulk`, { action, device_ids: ids.slice(0, 1) })
  const memberships = () =>
    server.env.db.query(sql`select device_id from past_memberships where tenant_id = ${tenant.tenant_id}`)
  const listOf = async (id: string) => (await tenant.api.get(`${V1}/${id}/device_list`)).body
  const kept = await deploy(tenant.api, { all_devices: true })
  const ended = await deploy(tenant.api, { all_devices: true })
  await decide('reject')
  await decide('accept')
  await abort(tenant.api, ended)

  await pruneHistory(inDays(31), 30, going)
  expect([await listOf(kept), await listOf(ended)]).toEqual([ids, []])
  expect(await memberships()).toEqual([{ device_id: ids[0] }])
  await abort(tenant.api, kept)
  await pruneHistory(inDays(31), 30, going)
  expect([await listOf(kept), await memberships()]).toEqual([[], []])
})

test('a membership that ends while no deployment needs it is still recorded for the next deployment', async () => {
  const tenant = await server.tenant()
  await uploadTestArtifact(tenant.api, { name: 'release-1' })
  const ids = (await enrol(server, tenant, 1)).map(({ id }) => id ?? '')
  const decide = (action: string) => tenant.api.post(`${DEVAUTH}/devices/bulk`, { action, device_ids: ids })
  const isWaiting = async () =>
    (
      await server.env.db.query(
        sql`select 1 from pg_locks where not granted and relation = 'past_memberships'::regclass`,
      )
    ).length === 1
  await abort(tenant.api, await deploy(tenant.api, { all_devices: true }))

  const { pruning, id } = await server.env.db.transaction(async (tx) => {
    await tx.query(sql`lock table past_memberships in access exclusive mode`)
    const pruning = pruneHistory(inDays(31), 30, going)
    await expect.poll(isWaiting).toBe(true)
    const id = await deploy(tenant.api, { all_devices: true })
    // Like `reject`, which would wait for the table.
    await tx.query(sql`
      insert into past_memberships (tenant_id, device_id, listed_after, listed_until)
      select tenant_id, id, (select listed_after from devices where id = ${ids[0]}), last_listing_created
      from (
        select tenant_id, ${ids[0]} as id, last_listing_created from tenants where tenant_id = ${tenant.tenant_id}
      ) as t`)
    await tx.query(sql`
      update devices set listed_after = (select last_listing_created from tenants where tenant_id = ${tenant.tenant_id})
      where tenant_id = ${tenant.tenant_id} and id = ${ids[0]}`)
    return { pruning, id }
  })
  await pruning
  await decide('reject')
  expect((await tenant.api.get(`${V1}/${id}/device_list`)).body).toEqual(ids)
})

test('a deletion that was interrupted is completed later', async () => {
  const tenant = await server.tenant()
  await uploadTestArtifact(tenant.api, { name: 'release-1' })
  const filter_id = await saveFilter(tenant.api, inventoryTerm('foo', 'foo'))
  const devices = await enrol(server, tenant, 1, { foo: 'foo' })
  const id = await deploy(tenant.api, { filter_id, max_devices: 1 })
  await poll(devices[0]!)
  await reportAll(devices, id, 'success')
  await pruneHistory(inDays(31), 30, AbortSignal.abort())
  expect(await show(tenant.api, id)).toMatchObject({ history_removed: true })
  await pruneHistory(inDays(31), 30, going)
  expect(await historyOf(id)).toBe('removed')
})

test('the audit log keeps events for the configured time', async () => {
  const { api, tenant_id } = await server.tenant()
  await saveFilter(api, inventoryTerm('foo', 'foo'))
  const before = (await api.get(LOGS)).body.length
  expect(before).toBeGreaterThan(0)
  await pruneEvents(inDays(10), 11, going)
  expect((await api.get(LOGS)).body).toHaveLength(before)
  await Promise.all([pruneEvents(inDays(10), 9, going), pruneEvents(inDays(10), 9, going)])
  expect((await server.env.db.query(sql`select 1 from events where tenant_id = ${tenant_id}`)).length).toBe(0)
  const { headers, body } = await api.get(LOGS)
  expect([headers.get('x-total-count'), body]).toEqual(['0', []])
})

const sendLog = ({ token }: SimulatedDevice, id: string) =>
  openApi(server.url, token).put(`/api/devices/v1/deployments/device/deployments/${id}/log`, {
    messages: [{ timestamp: '2026-01-01T00:00:00Z', level: 'error', message: 'no space' }],
  })

const historyOf = async (id: string) =>
  (
    await server.env.db.first<{ history: string }>(
      sql`select history from deployment_progress where deployment_id = ${id}`,
    )
  )?.history
