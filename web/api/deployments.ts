import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query'
import type { Static } from 'typebox'
import type { Deployment, NewAnyDeployment } from '../../src/deployments/deployment.ts'
import type { DeviceDeploymentItem } from '../../src/deployments/device-deployment.ts'
import type { Explanation } from '../../src/deployments/explanation.ts'
import type { DeploymentPreview } from '../../src/deployments/orders/preview-deployment.ts'
import type { FailureGroup } from '../../src/deployments/views/find-failures.ts'
import type { Timeline } from '../../src/deployments/views/find-timeline.ts'
import { call, get, type Listed, list, type Query, send } from './http.ts'
import { devicesKey, LISTS, oneKey, useLive } from './live.ts'

export type { Deployment, FailureGroup, Timeline }
export type Phase = NonNullable<Deployment['phases']>[number]
export type DeviceItem = Static<typeof DeviceDeploymentItem>
export type NewDeployment = NewAnyDeployment
export type Preview = DeploymentPreview

const V1 = '/api/management/v1/deployments/deployments'
const V2 = '/api/management/v2/deployments/deployments'

const POLL_MS = 4_000
/** For what changes by time alone. */
const TIMED_POLL_MS = 10_000

/** Polls only while the event stream is not connected. */
const usePolling = () => ({ refetchInterval: useLive().connected ? false : POLL_MS }) as const

export const useDeployments = (query: Query) =>
  useQuery({
    queryKey: [...LISTS, query],
    queryFn: ({ signal }) => list<Deployment>(V2, query, signal),
    placeholderData: keepPreviousData,
    ...usePolling(),
  })

export function useDeployment(id: string) {
  const { connected } = useLive()
  return useQuery({
    queryKey: oneKey(id),
    queryFn: ({ signal }) => get<Deployment>(`${V1}/${encodeURIComponent(id)}`, undefined, signal),
    refetchInterval: ({ state: { data } }) => (!connected ? POLL_MS : data && isTimed(data) ? TIMED_POLL_MS : false),
  })
}

/** Whether the state may change by time alone, without an event. */
const isTimed = ({ rollout, phases = [] }: Deployment): boolean =>
  rollout.state === 'held' || phases.some(({ progress }) => progress?.state === 'soaking')

export const useDeploymentDevices = (id: string, query: Query) =>
  useQuery({
    queryKey: [...devicesKey(id), query],
    queryFn: ({ signal }): Promise<Listed<DeviceItem>> => list(`${V1}/${id}/devices/list`, query, signal),
    placeholderData: keepPreviousData,
    ...usePolling(),
  })

/** `failed`: the number of failed devices; 0: nothing is read. */
export const useFailures = (id: string, failed: number) =>
  useQuery({
    queryKey: [...devicesKey(id), 'failures', failed],
    queryFn: ({ signal }) => get<FailureGroup[]>(`${V2}/${id}/failures`, undefined, signal),
    placeholderData: keepPreviousData,
    enabled: failed > 0,
  })

/** Refetched until the deployment has finished, and at once when its state changes: that is a mark. */
export const useTimeline = ({ id, finished, status, rollout: { state } }: Deployment) =>
  useQuery({
    queryKey: ['timeline', id, status, state],
    queryFn: ({ signal }) => get<Timeline>(`${V2}/${id}/timeline`, undefined, signal),
    placeholderData: keepPreviousData,
    refetchInterval: finished === undefined ? 15_000 : false,
  })

export const DEPLOYMENTS_EXPORT = `${V2}/export`

export const devicesExport = (id: string): string => `${V2}/${encodeURIComponent(id)}/devices/export`

export const timelineCsv = (id: string): string => `${V2}/${encodeURIComponent(id)}/timeline/export`

export const useDeviceLog = (id: string, device_id: string) =>
  useQuery({
    queryKey: ['log', id, device_id],
    queryFn: ({ signal }) => get<string>(`${V1}/${id}/devices/${encodeURIComponent(device_id)}/log`, undefined, signal),
  })

export const explainDevice = (id: string, device_id: string): Promise<Explanation> =>
  get(`${V2}/${id}/devices/${encodeURIComponent(device_id)}/explain`)

export const abortDeployment = (id: string): Promise<void> =>
  call('PUT', `${V1}/${id}/status`, { body: { status: 'aborted' } })

export function useDeploymentsChanged(): () => Promise<unknown> {
  const queries = useQueryClient()
  return () => queries.invalidateQueries({ queryKey: ['deployments'] })
}

const pathOf = (id: string) => `${V2}/${encodeURIComponent(id)}`
const phasePath = (id: string, phase_id: string) => `${pathOf(id)}/phases/${encodeURIComponent(phase_id)}`

/** An empty text is not sent. */
const optional = (name: string, text: string) => (text.trim() === '' ? {} : { [name]: text.trim() })

export const pauseDeployment = (id: string, reason: string): Promise<void> =>
  call('POST', `${pathOf(id)}/pause`, { body: optional('reason', reason) })

export const resumeDeployment = (id: string, reason: string): Promise<void> =>
  call('POST', `${pathOf(id)}/resume`, { body: optional('reason', reason) })

export const approvePhase = (id: string, phase_id: string, comment: string): Promise<void> =>
  call('POST', `${phasePath(id, phase_id)}/approve`, { body: optional('comment', comment) })

/** Opens the gate of a phase although it does not hold. */
export const openGate = (id: string, phase_id: string, reason: string): Promise<void> =>
  call('POST', `${phasePath(id, phase_id)}/open`, { body: { reason: reason.trim() } })

/** Lets the devices go on that the control map pauses in this state. */
export const continueDeployment = (id: string, state: string): Promise<void> =>
  call('POST', `${pathOf(id)}/continue`, { body: { states: [state] } })

export const continueDevice = (id: string, device_id: string): Promise<void> =>
  call('POST', `${pathOf(id)}/devices/${encodeURIComponent(device_id)}/continue`)

/** Aborts the deployment, and deploys another release to its devices. Returns the ID of that deployment. */
export async function rollBack(id: string, artifact_name: string): Promise<string> {
  const { headers } = await send('POST', `${pathOf(id)}/rollback`, { body: { artifact_name } })
  return idIn(headers)
}

/** What creating the deployment would do now; undefined: no request. Refetched regularly, because devices change. */
export const usePreview = (deployment: NewDeployment | undefined) =>
  useQuery({
    queryKey: ['preview', deployment],
    queryFn: ({ signal }) => call<Preview>('POST', `${V2}/preview`, { body: deployment, signal }),
    enabled: deployment !== undefined,
    refetchInterval: 30_000,
    retry: false,
  })

/** Uses the route for the kind of target. Returns the ID of the deployment. */
export async function createDeployment({ filter_id, group, ...deployment }: NewDeployment): Promise<string> {
  const { path, body } = filter_id
    ? { path: V2, body: { ...deployment, filter_id } }
    : group
      ? { path: `${V1}/group/${encodeURIComponent(group)}`, body: deployment }
      : { path: V1, body: deployment }
  const { headers } = await send('POST', path, { body })
  return idIn(headers)
}

const idIn = (headers: Headers): string => headers.get('location')?.split('/').at(-1) ?? ''
