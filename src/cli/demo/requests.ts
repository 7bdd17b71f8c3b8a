import type { Static } from 'typebox'
import type { Manager } from '../../client/manager.ts'
import type { Answer } from '../../client/send.ts'
import { requireSuccess } from '../../client/server-error.ts'
import { uploadOf } from '../../client/upload.ts'
import type { Deployment } from '../../deployments/deployment.ts'
import type { DeviceDeploymentItem } from '../../deployments/device-deployment.ts'
import { makeArtifact } from '../../simulate/make-artifact.ts'
import { REGION, RELEASE, TYPES_WITH_ARTIFACT } from './fleet.ts'

export type DeviceItem = Static<typeof DeviceDeploymentItem>

const DEPLOYMENTS = '/api/management/v1/deployments'
const INVENTORY = '/api/management/v2/inventory'
const PHASE_GAP_MS = 4000
const PAYLOAD_BYTES = 16 * 1024
const PAGE = 500

/** Uploads a release with one artifact for each device type of `TYPES_WITH_ARTIFACT`. */
export async function uploadRelease(manager: Manager): Promise<void> {
  for (const device_type of TYPES_WITH_ARTIFACT) {
    const file = { name: 'firmware.bin', content: Buffer.alloc(PAYLOAD_BYTES, device_type) }
    const artifact = await makeArtifact({ name: RELEASE, device_types: [device_type], file })
    requireSuccess(await manager.upload(`${DEPLOYMENTS}/artifacts`, uploadOf(artifact)))
  }
}

/** Saves the filter. Returns its ID and the number of matching devices. */
export async function saveFilter(manager: Manager): Promise<{ filter_id: string; matching: number }> {
  const terms = [{ scope: 'inventory', attribute: 'region', type: '$eq', value: REGION }]
  const saved = requireSuccess(await manager.post(`${INVENTORY}/filters`, { name: REGION, terms }))
  const found = await manager.post(`${INVENTORY}/filters/search`, { per_page: 1, filters: terms })
  return { filter_id: idOf(saved), matching: Number(requireSuccess(found).headers['x-total-count']) }
}

/** Creates a deployment in three phases and returns its ID. It finishes once every matching device has finished. */
export async function deploy(
  manager: Manager,
  { filter_id, matching }: { filter_id: string; matching: number },
): Promise<string> {
  const later = (ms: number) => new Date(Date.now() + ms).toISOString()
  const created = await manager.post('/api/management/v2/deployments/deployments', {
    ...{ name: 'demo', artifact_name: RELEASE, filter_id, max_devices: matching, retries: 1 },
    phases: [
      { batch_size: 10 },
      { batch_size: 30, start_ts: later(PHASE_GAP_MS) },
      { start_ts: later(2 * PHASE_GAP_MS) },
    ],
  })
  return idOf(requireSuccess(created))
}

export const showDeployment = async (manager: Manager, id: string): Promise<Deployment> =>
  requireSuccess(await manager.get(`${DEPLOYMENTS}/deployments/${id}`)).body

export async function listDevices(manager: Manager, id: string): Promise<DeviceItem[]> {
  const devices: DeviceItem[] = []
  for (let page = 1; devices.length === (page - 1) * PAGE; page++) {
    const path = `${DEPLOYMENTS}/deployments/${id}/devices/list?per_page=${PAGE}&page=${page}`
    devices.push(...requireSuccess(await manager.get(path)).body)
  }
  return devices
}

const idOf = ({ headers }: Answer): string => headers.location?.split('/').at(-1) ?? ''
