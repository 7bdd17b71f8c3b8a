import type { DdiSettings } from '../../src/ddi/ddi-settings.ts'
import type { DdiDevice, RootResource } from '../../src/simulate/ddi-device.ts'
import { newDdiDevice } from './ddi-device.ts'
import type { TestServer, TestTenant } from './server.ts'

export const DDI = '/api/management/v2/ddi'

export const saveDdiSettings = (tenant: Pick<TestTenant, 'api'>, settings: Partial<DdiSettings>) =>
  tenant.api.put(`${DDI}/settings`, settings)

/** Switches gateway tokens on, and returns the header of one. `accepts_devices`: new devices need no user. */
export async function gatewayOf(tenant: Pick<TestTenant, 'api'>, settings: Partial<DdiSettings> = {}): Promise<string> {
  await saveDdiSettings(tenant, { gateway_token: true, target_token: true, accepts_devices: true, ...settings })
  const { body } = await tenant.api.post(`${DDI}/gateway_tokens`, { name: `gateway ${Math.random()}` })
  return `GatewayToken ${body.token}`
}

let made = 0

/** An accepted device that has reported its type. */
export async function enrolDdi(
  server: Pick<TestServer, 'url'>,
  tenant: TestTenant,
  { authorization, data = { device_type: 'qemux86-64' } }: { authorization: string; data?: Record<string, string> },
): Promise<DdiDevice & { id: string }> {
  const controller_id = `ddi-${++made}`
  const device = newDdiDevice(server, tenant, { controller_id, authorization })
  await device.poll()
  await device.putConfigData(data)
  return Object.assign(device, { id: await deviceIdOf(tenant, controller_id) })
}

export async function deviceIdOf(tenant: TestTenant, controller_id: string): Promise<string> {
  const { body } = await tenant.api.post('/api/management/v2/inventory/filters/search', {
    filters: [{ scope: 'identity', attribute: 'hawkbit_id', type: '$eq', value: controller_id }],
  })
  return body[0].id
}

/** The links that a poll returns, by name. */
export async function linksOf(device: DdiDevice): Promise<{ [Name in keyof RootResource['_links']]?: string }> {
  const { status, body } = await device.poll()
  if (status !== 200) throw new Error(`The poll was answered with ${status}: ${JSON.stringify(body)}`)
  const links = (body as RootResource)._links
  return Object.fromEntries(Object.entries(links).map(([name, link]) => [name, link?.href ?? '']))
}

/** The number of the action in the link `deploymentBase`, as it is in URLs. */
export const actionOf = (href: string): string => /deploymentBase\/(\d+)\?/.exec(href)?.[1] ?? ''

/** Uploads a file as it is, for DDI devices. */
export async function uploadFile(
  tenant: TestTenant,
  { name = 'release-1', types = ['qemux86-64'], content = 'payload', file = 'update.swu', ...more }: FileOptions = {},
): Promise<string> {
  const form = new FormData()
  const parts = { name, device_types_compatible: types.join(','), ...more }
  for (const [part, value] of Object.entries(parts)) form.append(part, value)
  form.append('artifact', new Blob([content]), file)
  const { status, headers, text } = await tenant.api.post('/api/management/v1/deployments/artifacts', form)
  if (status !== 201) throw new Error(`The upload was answered with ${status}: ${text}`)
  return headers.get('location')?.split('/').at(-1) ?? ''
}

type FileOptions = {
  name?: string
  types?: string[]
  content?: string | Uint8Array<ArrayBuffer>
  file?: string
  version?: string
  part?: string
}
