import type { Static } from 'typebox'
import type { Manager } from '../../client/manager.ts'
import type { Answer } from '../../client/send.ts'
import { requireSuccess } from '../../client/server-error.ts'
import { uploadOf } from '../../client/upload.ts'
import type { Deployment } from '../../deployments/deployment.ts'
import type { DeviceDeploymentItem } from '../../deployments/device-deployment.ts'
import { makeArtifact } from '../../simulate/make-artifact.ts'
import { BROKEN, CANARIES, FIRST, FIXED, LAB, REGION, TYPES_WITH_ARTIFACT } from './fleet.ts'

export type DeviceItem = Static<typeof DeviceDeploymentItem>

const DEPLOYMENTS = '/api/management/v1/deployments'
const DYNAMIC_DEPLOYMENTS = '/api/management/v2/deployments/deployments'
const INVENTORY = '/api/management/v2/inventory'
const PAYLOAD_BYTES = 16 * 1024
const PAGE = 500

/** Uploads three releases with one artifact for each device type of `TYPES_WITH_ARTIFACT`. */
export async function uploadReleases(manager: Manager): Promise<void> {
  for (const name of [FIRST, BROKEN, FIXED])
    for (const device_type of TYPES_WITH_ARTIFACT) {
      const file = { name: 'firmware.bin', content: Buffer.alloc(PAYLOAD_BYTES, name + device_type) }
      const artifact = await makeArtifact({ name, device_types: [device_type], file })
      requireSuccess(await manager.upload(`${DEPLOYMENTS}/artifacts`, () => uploadOf(artifact)))
    }
}

/** The IDs of the filters, and the number of devices that match that of the region. */
export type Filters = { region: string; lab: string; canaries: string; matching: number }

export async function saveFilters(manager: Manager): Promise<Filters> {
  const termsOf = (attribute: string, value: string) => [{ scope: 'inventory', attribute, type: '$eq', value }]
  const save = async (attribute: string, value: string) => {
    const saved = await manager.create(`${INVENTORY}/filters`, { name: value, terms: termsOf(attribute, value) })
    return idOf(requireSuccess(saved))
  }
  const search = { per_page: 1, filters: termsOf('region', REGION) }
  const found = requireSuccess(await manager.post(`${INVENTORY}/filters/search`, search))
  return {
    region: await save('region', REGION),
    lab: await save('ring', LAB),
    canaries: await save('ring', CANARIES),
    matching: Number(found.headers['x-total-count']),
  }
}

/** The lab, then the canaries, then the others. It pauses at the second failure in a phase. */
export const carefulRollout = ({ region, lab, canaries, matching }: Filters) => ({
  ...{ name: BROKEN, artifact_name: BROKEN, filter_id: region, max_devices: matching, retries: 1 },
  phases: [{ filter_id: lab, gate: { success_percent: 100 } }, { filter_id: canaries }, {}],
  gate: { success_percent: 90 },
  failure_policy: { max_failures: 2 },
  max_in_flight_percent: 10,
})

/** To all devices at once. It finishes once every matching device has finished. */
export const wholeRollout = ({ region, matching }: Filters) => ({
  ...{ name: FIXED, artifact_name: FIXED, filter_id: region, max_devices: matching, retries: 1 },
})

/** Creates a deployment and returns its ID. */
export const deploy = async (manager: Manager, body: object): Promise<string> =>
  idOf(requireSuccess(await manager.create(DYNAMIC_DEPLOYMENTS, body)))

/** Returns the ID of the deployment that rolls this one back. */
export const rollBack = async (manager: Manager, id: string): Promise<string> =>
  idOf(requireSuccess(await manager.create(`${DYNAMIC_DEPLOYMENTS}/${id}/rollback`, { artifact_name: FIRST })))

export const showDeployment = async (manager: Manager, id: string): Promise<Deployment> =>
  requireSuccess(await manager.get(`${DEPLOYMENTS}/deployments/${id}`)).body

/** Why a device has, or has not, been offered the deployment. */
export const explainDevice = async (manager: Manager, id: string, device: string): Promise<string> =>
  requireSuccess(await manager.get(`${DYNAMIC_DEPLOYMENTS}/${id}/devices/${device}/explain`)).body.message

export const readLog = async (manager: Manager, id: string, device: string): Promise<string> =>
  requireSuccess(await manager.get(`${DEPLOYMENTS}/deployments/${id}/devices/${device}/log`)).body

/** `status`: a status, or one of the selections of the API. */
export async function listDevices(manager: Manager, id: string, status = ''): Promise<DeviceItem[]> {
  const devices: DeviceItem[] = []
  for (let page = 1; devices.length === (page - 1) * PAGE; page++) {
    const query = new URLSearchParams({ per_page: String(PAGE), page: String(page), ...(status && { status }) })
    const path = `${DEPLOYMENTS}/deployments/${id}/devices/list?${query}`
    devices.push(...requireSuccess(await manager.get(path)).body)
  }
  return devices
}

const idOf = ({ headers }: Answer): string => headers.location?.split('/').at(-1) ?? ''
