import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { sql } from '../../src/db/sql.ts'
import { writeAborts } from '../../src/deployments/upkeep/write-aborts.ts'
import type { Env } from '../../src/env.ts'
import type { FilterTerm, Term } from '../../src/inventory/filter.ts'
import type { SimulatedDevice } from '../../src/simulate/simulated-device.ts'
import type { Api } from './api.ts'

export const V1 = '/api/management/v1/deployments/deployments'
export const V2 = '/api/management/v2/deployments/deployments'
const FILTERS = '/api/management/v2/inventory/filters'

export const inventoryTerm = (attribute: string, value: unknown, type = '$eq'): Term => ({
  scope: 'inventory',
  attribute,
  type,
  value: value as Term['value'],
})

/** Saves a filter and returns its ID. */
export async function saveFilter(api: Api, ...terms: FilterTerm[]): Promise<string> {
  const response = await api.post(FILTERS, { name: `filter-${randomUUID()}`, terms })
  expect(response).toMatchObject({ status: 201 })
  return response.headers.get('location')?.split('/')[1] ?? ''
}

/** Creates a deployment that must succeed; a `filter_id` makes it a dynamic one. */
export async function deploy(
  api: Api,
  body: Record<string, unknown>,
  path = body.filter_id ? V2 : V1,
): Promise<string> {
  const response = await api.post(path, { name: 'production', artifact_name: 'release-1', ...body })
  expect(response).toMatchObject({ status: 201, text: '' })
  const location = response.headers.get('location') ?? ''
  const id = location.split('/')[5] ?? ''
  expect(new URL(location, api.url + path).pathname).toBe(`${V1}/${id}`)
  return id
}

export const show = async (api: Api, id: string) => (await api.get(`${V1}/${id}`)).body

/** The counters that are not 0. */
export async function statistics(api: Api, id: string): Promise<Record<string, number>> {
  const { body } = await api.get(`${V1}/${id}/statistics`)
  expect(Object.keys(body)).toHaveLength(13)
  return Object.fromEntries(Object.entries(body as Record<string, number>).filter(([, count]) => count !== 0))
}

export const poll = (device: SimulatedDevice, provides: Record<string, string> = {}) =>
  device.next({ artifact_name: 'dontcare', device_type: 'qemux86-64', ...provides })

/** The status codes of the polls of the devices, one after the other. */
export async function pollInTurn(
  devices: readonly SimulatedDevice[],
  provides: Record<string, string> = {},
): Promise<number[]> {
  const codes = []
  for (const device of devices) codes.push((await poll(device, provides)).status)
  return codes
}

export const reportAll = async (devices: readonly SimulatedDevice[], id: string, status: string) => {
  for (const device of devices) expect(await device.report(id, status)).toMatchObject({ status: 204 })
}

export const abort = async (api: Api, id: string) =>
  expect(await api.put(`${V1}/${id}/status`, { status: 'aborted' })).toMatchObject({ status: 204 })

/** Writes aborts back to the rows of their devices now, which a server does once a second. */
export async function writeAllAborts({ db }: Pick<Env, 'db'>): Promise<void> {
  while ((await db.query(sql`select 1 from deployment_progress where abort_unwritten`)).length > 0)
    await writeAborts({ db }, new AbortController().signal)
}
