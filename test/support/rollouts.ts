import { expect } from 'vitest'
import type { SimulatedDevice } from '../../src/simulate/simulated-device.ts'
import type { Api } from './api.ts'
import { uploadTestArtifact } from './artifact.ts'
import { inventoryTerm, poll, reportAll, saveFilter, show, V2 } from './deploy.ts'
import { enrol } from './device.ts'
import type { TestServer } from './server.ts'

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

/** What a device provides that runs release-1, and one whose type no artifact is for. */
export const UPDATED = { artifact_name: 'release-1' }
export const OTHER_TYPE = { device_type: 'another' }

/** What the filter of `rolloutFleet` matches, with the type by which explanations choose the artifact. */
export const TYPED = { foo: 'foo', device_type: 'qemux86-64' }

/** A tenant with the releases 0 and 1, and devices that the filter matches. */
export async function rolloutFleet(server: TestServer, n: number) {
  const tenant = await server.tenant()
  const { api } = tenant
  for (const name of ['release-1', 'release-0']) await uploadTestArtifact(api, { name })
  const filter_id = await saveFilter(api, inventoryTerm('foo', 'foo'))
  const devices = await enrol(server, tenant, n, (i) => ({ ...TYPED, number: String(i) }))
  return { tenant, api, filter_id, devices, ids: devices.map(({ id }) => id) }
}

/** Each device polls, and must be offered the deployment. */
export async function offer(devices: readonly SimulatedDevice[], id: string, provides = {}): Promise<void> {
  for (const device of devices) expect(await poll(device, provides)).toMatchObject({ status: 200, body: { id } })
}

/** Each device polls, and must be offered nothing. */
export async function offerNothing(devices: readonly SimulatedDevice[], provides = {}): Promise<void> {
  for (const device of devices) expect(await poll(device, provides)).toMatchObject({ status: 204 })
}

/** Each device is offered the deployment and reports how it ended. */
export async function install(devices: readonly SimulatedDevice[], id: string, status = 'success'): Promise<void> {
  await offer(devices, id)
  await reportAll(devices, id, status)
}

export const rolloutOf = async (api: Api, id: string) => (await show(api, id)).rollout

/** How far the gate of a phase is. */
export const gateOf = async (api: Api, id: string, index = 0) => (await show(api, id)).phases[index].progress

export const phaseIds = async (api: Api, id: string): Promise<string[]> =>
  (await show(api, id)).phases.map((phase: { id: string }) => phase.id)

export const explain = async (api: Api, id: string, { id: device }: SimulatedDevice) =>
  (await api.get(`${V2}/${id}/devices/${device}/explain`)).body

export const pause = async (api: Api, id: string, body?: object) =>
  expect(await api.post(`${V2}/${id}/pause`, body)).toMatchObject({ status: 204 })

export const resume = async (api: Api, id: string, body?: object) =>
  expect(await api.post(`${V2}/${id}/resume`, body)).toMatchObject({ status: 204 })
