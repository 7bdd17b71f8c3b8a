import type { FilterTerm, Term } from '../api/filters.ts'

/** Links to lists. The pages read these query parameters. */
const withQuery = (path: string, query: Record<string, string>): string => `${path}?${new URLSearchParams(query)}`

export const devicesOfStatus = (status: string): string => withQuery('/devices', { status })

/** Accepted devices that match the terms. */
export const devicesMatching = (terms: readonly FilterTerm[]): string =>
  withQuery('/devices', { status: 'accepted', filter: JSON.stringify(terms) })

/** Accepted devices that run an artifact of this name. */
export const devicesRunning = (artifact_name: string): string => devicesMatching([runs(artifact_name)])

/** The same, of one device type. */
export const devicesOfTypeRunning = (artifact_name: string, value: string): string =>
  devicesMatching([runs(artifact_name), { scope: 'inventory', attribute: 'device_type', type: '$eq', value }])

const isIn = (value: string): Term => ({ scope: 'system', attribute: 'group', type: '$eq', value })

/** Devices of any status in a group. */
export const devicesInGroup = (group: string): string =>
  withQuery('/devices', { filter: JSON.stringify([isIn(group)]) })

export const runs = (value: string): Term => ({ scope: 'inventory', attribute: 'artifact_name', type: '$eq', value })

/** Accepted devices, longest unseen first. */
export const devicesSilent = (): string => withQuery('/devices', { status: 'accepted', sort: 'system/check_in_time' })

export const devicePage = (id: string): string => `/devices/${encodeURIComponent(id)}`
export const deploymentPage = (id: string): string => `/deployments/${encodeURIComponent(id)}`
export const releasePage = (name: string): string => `/releases/${encodeURIComponent(name)}`
/** The form for a new deployment, with its target and perhaps its release. */
const newDeployment = (target: [name: string, value: string][], release = ''): string =>
  `/deployments/new?${new URLSearchParams([...target, ...(release === '' ? [] : [['release', release]])])}`

/** An address has room for this many ids. */
export const MAX_LINKED_DEVICES = 100

export const deployToDevices = (ids: readonly string[], release?: string): string =>
  newDeployment(
    ids.map((id) => ['device', id]),
    release,
  )
export const deployToFilter = (id: string): string => newDeployment([['filter', id]])
export const deployToGroup = (name: string): string => newDeployment([['group', name]])
export const deployToAll = (): string => newDeployment([['all', 'true']])
export const deployRelease = (release: string): string => withQuery('/deployments/new', { release })
export const UPLOAD_RELEASE = withQuery('/releases', { upload: 'yes' })
