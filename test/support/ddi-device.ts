import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { bounded } from '../../src/client/bounded.ts'
import { DdiDevice, type DdiDeviceOptions } from '../../src/simulate/ddi-device.ts'
import type { Api } from './api.ts'
import { ARTIFACTS } from './artifact.ts'
import type { TestServer, TestTenant } from './server.ts'

const DDI = '/api/management/v2/ddi'
const AT_ONCE = 32

/** A device of the tenant that speaks DDI. `authorization`: the whole header. */
export const newDdiDevice = (
  server: Pick<TestServer, 'url'>,
  tenant: Pick<TestTenant, 'tenant_id'>,
  options: Pick<DdiDeviceOptions, 'controller_id' | 'authorization'> & Partial<DdiDeviceOptions>,
): DdiDevice => new DdiDevice({ url: server.url, tenant: tenant.tenant_id, ...options })

export type EnrolledDdiDevice = { id: string; device: DdiDevice }

type Enrolment = {
  url: string
  api: Api
  /** As in the URLs of the devices. */
  tenant: string
  authorization: string
  count: number
  attributes: (index: number) => Record<string, string>
}

/** Accepted devices that speak DDI, with their attributes. They were preauthorized, so that their IDs are known. */
export async function enrolDdiDevices(enrolment: Enrolment): Promise<EnrolledDdiDevice[]> {
  const { url, api, tenant, authorization, count, attributes } = enrolment
  return bounded(AT_ONCE, Array.from({ length: count }), async (_, i) => {
    const controller_id = randomUUID()
    const created = await api.post(`${DDI}/devices`, { controller_id })
    expect(created).toMatchObject({ status: 201 })
    const device = new DdiDevice({ url, tenant, controller_id, authorization })
    expect(await device.poll()).toMatchObject({ status: 200 })
    expect(await device.putConfigData(attributes(i))).toMatchObject({ status: 200 })
    return { id: created.body.device_id, device }
  })
}

/** Uploads a file that devices that speak DDI install, as an artifact of the release. */
export async function uploadDdiFile(api: Api, release: string, device_type = 'qemux86-64'): Promise<void> {
  const form = new FormData()
  form.append('name', release)
  form.append('device_types_compatible', device_type)
  form.append('artifact', new Blob([Buffer.alloc(5000, release)]), `${release}.bin`)
  expect(await api.post(ARTIFACTS, form)).toMatchObject({ status: 201 })
}
