import { randomFillSync } from 'node:crypto'
import { type Login, logIn, openManager } from '../../src/client/manager.ts'
import { type Answer, send } from '../../src/client/send.ts'
import { requireSuccess } from '../../src/client/server-error.ts'
import { uploadOf } from '../../src/client/upload.ts'
import type { Deployment } from '../../src/deployments/deployment.ts'
import type { FilterTerm } from '../../src/inventory/filter.ts'
import { makeArtifact } from '../../src/simulate/make-artifact.ts'
import { TYPES } from './members.ts'

const V1 = '/api/management/v1/deployments'
const DEPLOYMENTS = '/api/management/v2/deployments/deployments'
const FILTERS = '/api/management/v2/inventory/filters'
const GROUPS = '/api/management/v1/inventory/groups'
const PAYLOAD_BYTES = 3 * 1024 * 1024

export type User = Awaited<ReturnType<typeof signInUser>>
type Release = { name: string; notes: string; tags?: string[] }

/** What a user does through the API. */
export async function signInUser(url: string, login: Login) {
  const token = await logIn({ url }, login)
  const manager = openManager({ url, token })
  const call = async (method: string, path: string, body?: unknown): Promise<Answer> =>
    requireSuccess(await send(url + path, { method, body, headers: { authorization: `Bearer ${token}` } }))
  const make = async (path: string, body: object): Promise<string> =>
    (await call('POST', path, body)).headers.location?.split('/').at(-1) ?? ''
  const show = async (id: string): Promise<Deployment> => (await call('GET', `${V1}/deployments/${id}`)).body
  return {
    call,
    show,
    /** A release with one artifact for each device type. */
    async release({ name, notes, tags = [] }: Release) {
      for (const device_type of TYPES) {
        const content = randomFillSync(Buffer.alloc(PAYLOAD_BYTES))
        const file = { name: `${name}-${device_type}.ext4`, content }
        const artifact = await makeArtifact({ name, device_types: [device_type], file })
        requireSuccess(await manager.upload(`${V1}/artifacts`, () => uploadOf(artifact)))
      }
      const path = `/api/management/v2/deployments/deployments/releases/${name}`
      await call('PATCH', path, { notes })
      await call('PUT', `${path}/tags`, tags)
    },
    filter: (name: string, terms: readonly FilterTerm[]): Promise<string> => make(FILTERS, { name, terms }),
    addToGroup: (group: string, devices: readonly string[]) => call('PATCH', `${GROUPS}/${group}/devices`, devices),
    deploy: (body: object): Promise<string> => make(DEPLOYMENTS, body),
    pause: (id: string, reason: string) => call('POST', `${DEPLOYMENTS}/${id}/pause`, { reason }),
    resume: (id: string, reason: string) => call('POST', `${DEPLOYMENTS}/${id}/resume`, { reason }),
    rollBack: (id: string, artifact_name: string) => call('POST', `${DEPLOYMENTS}/${id}/rollback`, { artifact_name }),
    async approve(id: string, phase: number, comment: string) {
      const phase_id = (await show(id)).phases?.[phase - 1]?.id
      await call('POST', `${DEPLOYMENTS}/${id}/phases/${phase_id}/approve`, { comment })
    },
    pin: (device: string, pin: { reason: string; not_before?: string }) =>
      call('PUT', `${DEPLOYMENTS}/devices/${device}/pin`, pin),
  }
}

/** What the inventory has, or one of these. */
export const has = (attribute: string, value: string | string[]): FilterTerm => ({
  ...{ scope: 'inventory', attribute, value },
  type: typeof value === 'string' ? '$eq' : '$in',
})
