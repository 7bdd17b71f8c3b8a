import pg from 'pg'
import { afterEach, describe, expect, test } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import type { SimulatedDevice } from '../../src/simulate/simulated-device.ts'
import { openApi } from '../support/api.ts'
import { uploadTestArtifact } from '../support/artifact.ts'
import {
  deploy,
  inventoryTerm,
  poll,
  pollInTurn,
  reportAll,
  saveFilter,
  show,
  statistics,
  V1,
  V2,
} from '../support/deploy.ts'
import { enrol } from '../support/device.ts'
import { useServer } from '../support/fixtures.ts'
import { expectCountersToEqualRows } from '../support/recount.ts'
import type { TestTenant } from '../support/server.ts'

const CONTROL_MAP = '/api/devices/v2/deployments/device/deployments'

const server = useServer()
afterEach(() => expectCountersToEqualRows(server.env.db))

type Scene = { tenant: TestTenant; filter_id: string; devices: SimulatedDevice[]; id: string }

/** Three devices in one deployment: one pending, one installing, one that has failed. */
async function scene(): Promise<Scene> {
  const tenant = await server.tenant()
  await uploadTestArtifact(tenant.api, { name: 'release-1' })
  const filter_id = await saveFilter(tenant.api, inventoryTerm('foo', 'foo'))
  const devices = await enrol(server, tenant, 3, { foo: 'foo' })
  const phases = [{ batch_size: 100 }]
  const id = await deploy(tenant.api, { filter_id, phases, update_control_map: { states: {} } })
  await pollInTurn(devices)
  await reportAll(devices.slice(1, 2), id, 'installing')
  await reportAll(devices.slice(2), id, 'failure')
  return { tenant, filter_id, devices, id }
}

const abort = async ({ tenant }: Pick<Scene, 'tenant'>, id: string) =>
  expect(await tenant.api.put(`${V1}/${id}/status`, { status: 'aborted' })).toMatchObject({ status: 204 })

/** Aborts while the rows are locked, so that only the writes that a request itself requires are done. */
async function abortUnwritten(it: Scene) {
  const locking = new pg.Client(server.database_url)
  await locking.connect()
  await locking.query('begin')
  const lock = 'select from device_deployments where device_id = $1 and deployment_id = $2 for update'
  for (const device of it.devices) await locking.query(lock, [device.id, it.id])
  await abort(it, it.id)
  const release = async () => {
    await locking.query('rollback')
    await locking.end()
  }
  return { release }
}

const unfinishedRows = async (id: string) =>
  (await server.env.db.first<{ n: number }>(sql`
    select count(*) as n from device_deployments where deployment_id = ${id} and finished is null`))!.n

const isUnwritten = (id: string) =>
  server.env.db.first(sql`select 1 from deployment_progress where deployment_id = ${id} and abort_unwritten`)

async function untilWritten(id: string) {
  while (await isUnwritten(id)) await new Promise((wake) => setTimeout(wake, 20))
  expect(await unfinishedRows(id)).toBe(0)
}

/** All requests that show the devices of the deployment. */
async function readEverywhere({ tenant, devices, id, filter_id }: Scene): Promise<unknown[]> {
  const { api } = tenant
  const paths = [
    `${V1}/${id}`,
    V2,
    `${V1}/${id}/statistics`,
    `${V1}/${id}/devices`,
    `${V1}/${id}/device_list`,
    ...['', '?status=aborted', '?status=active', '?status=finished', '?status=pending', '?per_page=1&page=2'].map(
      (query) => `${V1}/${id}/devices/list${query}`,
    ),
    ...devices.flatMap((device) => [
      `${V1}/devices/${device.id}`,
      `${V1}/devices/${device.id}?status=aborted`,
      `${V1}/devices/${device.id}?status=active`,
      `${V2}/${id}/devices/${device.id}/explain`,
    ]),
  ]
  const responses = await Promise.all(paths.map((path) => api.get(path)))
  const preview = await api.post(`${V2}/preview`, { name: 'n', artifact_name: 'release-1', filter_id })
  // The time of the request.
  delete preview.body.first_offer
  return [...responses, preview].map(({ status, body, headers }, i) => [
    [paths[i], status, headers.get('x-total-count')],
    body,
  ])
}

test('every response shows the devices as aborted before any of their rows is written, and after it', async () => {
  const it = await scene()
  const { tenant, devices, id } = it
  const { release } = await abortUnwritten(it)
  expect(await unfinishedRows(id)).toBe(2)
  const { finished, aborted } = await show(tenant.api, id)
  expect(aborted).toBe(finished)
  expect(await statistics(tenant.api, id)).toEqual({ aborted: 2, failure: 1 })
  const listed = (await tenant.api.get(`${V1}/${id}/devices`)).body
  expect(listed.map(({ status }: { status: string }) => status)).toEqual(['aborted', 'aborted', 'failure'])
  expect(listed[0]).toMatchObject({ finished })
  const { body: active } = await tenant.api.get(`${V1}/${id}/devices/list?status=active`)
  expect(active).toEqual([])

  expect(await pollInTurn(devices)).toEqual([204, 204, 204])
  for (const device of devices.slice(0, 2)) {
    expect(await device.report(id, 'success')).toMatchObject({ status: 409, body: { error: 'Deployment aborted' } })
    const { status } = await openApi(server.url, device.token).get(`${CONTROL_MAP}/${id}/update_control_map`)
    expect(status).toBe(404)
  }
  const seen = await readEverywhere(it)
  expect(await unfinishedRows(id)).toBe(2)
  await expectCountersToEqualRows(server.env.db)
  await release()
  await untilWritten(id)
  expect(await readEverywhere(it)).toEqual(seen)
})

describe('a device of an aborted deployment whose row is not yet written', () => {
  /** Aborted; the rows stay unwritten until another request writes them. */
  const left = async () => {
    const it = await scene()
    const { release } = await abortUnwritten(it)
    await server.env.db.query(
      sql`update deployment_progress set abort_unwritten = false where deployment_id = ${it.id}`,
    )
    // Requests that saw unwritten rows before have read them by then.
    await new Promise((wake) => setTimeout(wake, 200))
    await release()
    expect(await unfinishedRows(it.id)).toBe(2)
    return it
  }

  test('is offered the next deployment, installs it, and is never offered an older one', async () => {
    const { tenant, filter_id, devices, id } = await left()
    const next = await deploy(tenant.api, { filter_id })
    for (const device of devices) expect((await poll(device)).body).toMatchObject({ id: next })
    expect(await unfinishedRows(id)).toBe(0)
    expect(await devices[0]!.report(id, 'success')).toMatchObject({ status: 409 })
    await reportAll(devices, next, 'success')
    expect(await statistics(tenant.api, next)).toEqual({ success: 3 })
    expect(await statistics(tenant.api, id)).toEqual({ aborted: 2, failure: 1 })
  })

  test('is not offered a deployment that was created before', async () => {
    const tenant = await server.tenant()
    await uploadTestArtifact(tenant.api, { name: 'release-1' })
    const [device] = await enrol(server, tenant, 1, { foo: 'old' })
    const older = await deploy(tenant.api, { filter_id: await saveFilter(tenant.api, inventoryTerm('foo', 'foo')) })
    const id = await deploy(tenant.api, { devices: [device!.id] })
    await poll(device!)
    const { release } = await abortUnwritten({ tenant, id, devices: [], filter_id: '' })
    await device!.sendInventory({ foo: 'foo' })
    expect((await poll(device!)).status).toBe(204)
    const { body } = await tenant.api.get(`${V2}/${older}/devices/${device!.id}/explain`)
    expect(body).toMatchObject({ code: 'newer_deployment_finished', deployment_id: id })
    await release()
    await untilWritten(id)
    expect((await poll(device!)).status).toBe(204)
  })

  test('is offered an older deployment again after its history is deleted', async () => {
    const { tenant, devices, id } = await left()
    await tenant.api.delete(`${V1}/devices/${devices[0]!.id}/history`)
    expect((await tenant.api.get(`${V1}/devices/${devices[0]!.id}`)).body).toEqual([])
    expect(await unfinishedRows(id)).toBe(1)
    expect(await statistics(tenant.api, id)).toEqual({ aborted: 2, failure: 1 })
  })

  test('has no deployment in progress: aborting its current deployment ends the next one that is pending', async () => {
    const { tenant, devices, id } = await left()
    const next = await deploy(tenant.api, { devices: [devices[0]!.id] })
    expect((await tenant.api.delete(`${V1}/devices/${devices[0]!.id}`)).status).toBe(204)
    expect(await statistics(tenant.api, next)).toEqual({ aborted: 1 })
    expect(await statistics(tenant.api, id)).toEqual({ aborted: 2, failure: 1 })
  })

  test('is counted as aborted when it is decommissioned', async () => {
    const { tenant, devices, id } = await left()
    expect(await tenant.api.delete(`/api/management/v2/devauth/devices/${devices[0]!.id}`)).toMatchObject({
      status: 204,
    })
    expect(await statistics(tenant.api, id)).toEqual({ aborted: 2, failure: 1 })
  })

  test('can still send a log, which is stored', async () => {
    const { tenant, devices, id } = await left()
    const log = { messages: [{ timestamp: '2030-01-01T00:00:00Z', level: 'info', message: 'stopped' }] }
    const api = openApi(server.url, devices[0]!.token)
    const path = `/api/devices/v1/deployments/device/deployments/${id}/log`
    expect(await api.put(path, log)).toMatchObject({ status: 204 })
    expect((await tenant.api.get(`${V1}/${id}/devices/${devices[0]!.id}/log`)).text).toContain('stopped')
  })
})
