import type { Deployment, DeviceDeployment, FilterTerm, NewDeployment } from '../../client/api.ts'
import type { Client } from '../../client/client.ts'
import { uploadOf } from '../../client/upload.ts'
import { makeArtifact } from '../../simulate/make-artifact.ts'
import { ARTIFACTS } from '../artifacts/paths.ts'
import { DEPLOYMENT, DYNAMIC_DEPLOYMENT, DYNAMIC_DEPLOYMENTS } from '../deployments/paths.ts'
import { FILTERS } from '../filters/paths.ts'
import { BROKEN, CANARIES, FIRST, FIXED, LAB, REGION, TYPES_WITH_ARTIFACT } from './fleet.ts'

const PAYLOAD_BYTES = 16 * 1024

/** Uploads three releases with one artifact for each device type of `TYPES_WITH_ARTIFACT`. */
export async function uploadReleases(client: Client): Promise<void> {
  for (const name of [FIRST, BROKEN, FIXED])
    for (const device_type of TYPES_WITH_ARTIFACT) {
      const file = { name: 'firmware.bin', content: Buffer.alloc(PAYLOAD_BYTES, name + device_type) }
      const artifact = await makeArtifact({ name, device_types: [device_type], file })
      await client.upload(ARTIFACTS, () => uploadOf(artifact))
    }
}

/** The IDs of the filters, and the number of devices that match that of the region. */
export type Filters = { region: string; lab: string; canaries: string; matching: number }

export async function saveFilters(client: Client): Promise<Filters> {
  const termsOf = (attribute: string, value: string): FilterTerm[] => [
    { scope: 'inventory', attribute, type: '$eq', value },
  ]
  const save = async (attribute: string, value: string) =>
    (await client.create(FILTERS, { body: { name: value, terms: termsOf(attribute, value) } })).id
  const search = { per_page: 1, filters: termsOf('region', REGION) }
  const { headers } = await client.post(`${FILTERS}/search`, { body: search })
  return {
    region: await save('region', REGION),
    lab: await save('ring', LAB),
    canaries: await save('ring', CANARIES),
    matching: Number(headers['x-total-count']),
  }
}

/** The lab, then the canaries, then the others. It pauses at the second failure in a phase. */
export const carefulRollout = ({ region, lab, canaries, matching }: Filters): NewDeployment => ({
  ...{ name: BROKEN, artifact_name: BROKEN, filter_id: region, max_devices: matching, retries: 1 },
  phases: [{ filter_id: lab, gate: { success_percent: 100 } }, { filter_id: canaries }, {}],
  gate: { success_percent: 90 },
  failure_policy: { max_failures: 2 },
  max_in_flight_percent: 10,
})

/** To all devices at once. It finishes once every matching device has finished. */
export const wholeRollout = ({ region, matching }: Filters): NewDeployment => ({
  ...{ name: FIXED, artifact_name: FIXED, filter_id: region, max_devices: matching, retries: 1 },
})

/** Creates a deployment and returns its ID. */
export const deploy = async (client: Client, body: NewDeployment): Promise<string> =>
  (await client.create(DYNAMIC_DEPLOYMENTS, { body })).id

/** Returns the ID of the deployment that rolls this one back. */
export const rollBack = async (client: Client, id: string): Promise<string> =>
  (await client.create(`${DYNAMIC_DEPLOYMENT}/rollback`, { path: { id }, body: { artifact_name: FIRST } })).id

export const showDeployment = async (client: Client, id: string): Promise<Deployment> =>
  (await client.get(DEPLOYMENT, { path: { id } })).body

/** Why a device has, or has not, been offered the deployment. */
export const explainDevice = async (client: Client, id: string, device: string): Promise<string> =>
  (await client.get(`${DYNAMIC_DEPLOYMENT}/devices/{device}/explain`, { path: { id, device } })).body.message

export const readLog = async (client: Client, id: string, device: string): Promise<string> =>
  (await client.get(`${DEPLOYMENT}/devices/{device}/log`, { path: { id, device } })).body

/** `status`: a status, or one of the selections of the API. */
export const listDevices = (client: Client, id: string, status?: string): Promise<DeviceDeployment[]> =>
  client.list(`${DEPLOYMENT}/devices/list`, { path: { id }, query: { status } })
