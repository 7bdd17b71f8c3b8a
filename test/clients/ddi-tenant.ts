import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { expect, vi } from 'vitest'
import type { Api } from '../support/api.ts'
import { ARTIFACTS } from '../support/artifact.ts'
import { DEVAUTH } from '../support/auth.ts'

const DDI = '/api/management/v2/ddi'
const INVENTORY = '/api/management/v1/inventory/devices'
const PATIENCE = { timeout: 90_000, interval: 200 }

/** Programs poll as often as the server lets them. */
const SETTINGS = { gateway_token: true, target_token: true, polling_interval_s: 5, busy_polling_interval_s: 5 }

/** Switches DDI on, and returns a gateway token. */
export async function enableDdi(api: Api, settings: Record<string, unknown> = {}): Promise<string> {
  expect(await api.put(`${DDI}/settings`, { ...SETTINGS, ...settings })).toMatchObject({ status: 204 })
  const made = await api.post(`${DDI}/gateway_tokens`, { name: 'factory' })
  expect(made).toMatchObject({ status: 201, body: { token: expect.any(String) } })
  return made.body.token
}

/** Adds a device with a token of its own, which is accepted at its first request. */
export async function addDevice(api: Api, controller_id: string): Promise<{ device_id: string; token: string }> {
  const made = await api.post(`${DDI}/devices`, { controller_id })
  expect(made).toMatchObject({ status: 201, body: { device_id: expect.any(String), token: expect.any(String) } })
  return made.body
}

/** What the server knows of a device and its newest action. */
export const ddiDevice = async (api: Api, device_id: string) => (await api.get(`${DDI}/devices/${device_id}`)).body

/** Waits until a device with this controller ID is pending, and returns its ID. `log`: of its program, if it is not. */
export async function waitForPending(api: Api, controller_id: string, log?: () => Promise<string>): Promise<string> {
  const find = async () => {
    const { body } = await api.get(`${DEVAUTH}/devices?status=pending&per_page=100`)
    const found = body.find((one: PendingDevice) => one.identity_data.hawkbit_id === controller_id)
    expect(found).toBeDefined()
    return found.id
  }
  try {
    return await vi.waitFor(find, PATIENCE)
  } catch (error) {
    throw new Error(`${controller_id} is not pending. ${await log?.()}`, { cause: error })
  }
}

type PendingDevice = { id: string; identity_data: { hawkbit_id?: string } }

export async function accept(api: Api, device_id: string): Promise<void> {
  const { body } = await api.get(`${DEVAUTH}/devices/${device_id}`)
  const path = `${DEVAUTH}/devices/${device_id}/auth/${body.auth_sets[0].id}/status`
  expect(await api.put(path, { status: 'accepted' })).toMatchObject({ status: 204 })
}

/** The attributes that the device has reported. */
export async function reportedBy(api: Api, device_id: string): Promise<Record<string, unknown>> {
  const { body } = await api.get(`${INVENTORY}/${device_id}`)
  const reported = body.attributes.filter(({ scope }: { scope: string }) => scope === 'inventory')
  return Object.fromEntries(reported.map(({ name, value }: { name: string; value: unknown }) => [name, value]))
}

/** Uploads a file as it is; `parts`: `name` of the release, `device_types_compatible`, `version`. Returns its ID. */
export async function uploadPlain(api: Api, path: string, parts: Record<string, string>): Promise<string> {
  const file = await readFile(path)
  const form = new FormData()
  for (const [name, value] of Object.entries({ size: String(file.length), ...parts })) form.append(name, value)
  form.append('artifact', new Blob([file as Uint8Array<ArrayBuffer>]), basename(path))
  const answer = await api.post(ARTIFACTS, form)
  expect(answer).toMatchObject({ status: 201 })
  return answer.headers.get('location')?.split('/').at(-1) ?? ''
}
