import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { Device as AuthDevice } from '../../src/auth/device.ts'
import type { Deployment } from '../../src/deployments/deployment.ts'
import type { DeviceSummary } from '../../src/deployments/device-summary.ts'
import type { DevicesChange, DevicesChanged } from '../../src/deployments/orders/change-devices.ts'
import type { ActiveExplanation } from '../../src/deployments/views/explain-active.ts'
import type { DeviceItem } from '../../src/deployments/views/find-device-deployments.ts'
import type { Attribute, NewAttribute } from '../../src/inventory/attribute.ts'
import type { Device } from '../../src/inventory/device.ts'
import type { DeviceStatistics } from '../../src/inventory/devices/count-by-status.ts'
import type { CountedGroup, GroupChange } from '../../src/inventory/group.ts'
import { call, get, list, send } from './http.ts'

export type {
  ActiveExplanation,
  Attribute,
  AuthDevice,
  CountedGroup,
  Device,
  DeviceSummary,
  DevicesChanged,
  NewAttribute,
}

const DEVAUTH = '/api/management/v2/devauth/devices'
const INVENTORY = '/api/management/v1/inventory'
const DEPLOYMENTS_V1 = '/api/management/v1/deployments/deployments'
const DEPLOYMENTS_V2 = '/api/management/v2/deployments/deployments'

const COUNTED_GROUPS = '/api/management/v2/inventory/groups'

export const GROUPS_EXPORT = `${COUNTED_GROUPS}/export`

/** The prefix of the query keys of all data about devices. */
export const DEVICES_KEY = ['devices']
/** Short enough to see new devices appear, long enough for a large fleet. */
export const REFETCH_INTERVAL_MS = 10_000

const encoded = (id: string) => encodeURIComponent(id)

/** The number of devices of each status. */
export const useDeviceCounts = () =>
  useQuery({
    queryKey: [...DEVICES_KEY, 'counts'],
    queryFn: async ({ signal }) => {
      const { devices_by_status } = await get<DeviceStatistics>('/api/management/v2/inventory/statistics', {}, signal)
      return Object.fromEntries(
        Object.entries(devices_by_status).map(([status, tiers]) => [status, tiers.standard]),
      ) as Record<'accepted' | 'pending' | 'rejected' | 'preauthorized', number>
    },
    refetchInterval: REFETCH_INTERVAL_MS,
  })

/** One device with its attributes, and the ETag of its tags. */
export const useDevice = (id: string) =>
  useQuery({
    queryKey: [...DEVICES_KEY, 'device', id],
    queryFn: async ({ signal }) => {
      const { body, headers } = await send<Device>('GET', `${INVENTORY}/devices/${encoded(id)}`, { signal })
      return { device: body, etag: headers.get('etag') ?? '*' }
    },
    refetchInterval: REFETCH_INTERVAL_MS,
  })

/** The authentication sets of one device. */
export const useAuthDevice = (id: string) =>
  useQuery({
    queryKey: [...DEVICES_KEY, 'auth', id],
    queryFn: ({ signal }) => get<AuthDevice>(`${DEVAUTH}/${encoded(id)}`, {}, signal),
    refetchInterval: REFETCH_INTERVAL_MS,
  })

/** The names of all groups. */
export const useGroups = ({ enabled = true } = {}) =>
  useQuery({
    queryKey: [...DEVICES_KEY, 'groups'],
    queryFn: ({ signal }) => get<string[]>(`${INVENTORY}/groups`, {}, signal),
    staleTime: 30_000,
    enabled,
  })

/** All groups with the number of their devices. */
export const useCountedGroups = () =>
  useQuery({
    queryKey: [...DEVICES_KEY, 'groups', 'counted'],
    queryFn: ({ signal }) => get<CountedGroup[]>(COUNTED_GROUPS, {}, signal),
    refetchInterval: REFETCH_INTERVAL_MS,
  })

/** Removes all devices from the group, which ends it. */
export const deleteGroup = (group: string): Promise<GroupChange> =>
  call('DELETE', `${INVENTORY}/groups/${encoded(group)}`)

type Page = { page: number; per_page: number }

/** The state of the device in plain words. */
export const useDeviceSummary = (id: string) =>
  useQuery({
    queryKey: [...DEVICES_KEY, 'summary', id],
    queryFn: ({ signal }) => get<DeviceSummary>(`${DEPLOYMENTS_V2}/devices/${encoded(id)}/summary`, {}, signal),
    refetchInterval: REFETCH_INTERVAL_MS,
  })

/**
 * Why the device has or has not been offered the unfinished deployments: those that are for it, or the others.
 */
export const useExplanations = (id: string, query: Page & { concerning: boolean }) =>
  useQuery({
    queryKey: [...DEVICES_KEY, 'explanations', id, query],
    queryFn: ({ signal }) => list<ActiveExplanation>(`${DEPLOYMENTS_V2}/devices/${encoded(id)}/explain`, query, signal),
    placeholderData: keepPreviousData,
    refetchInterval: REFETCH_INTERVAL_MS,
  })

export type PastDeployment = { id: string; deployment: Deployment; device: DeviceItem }

/** The deployments that were assigned to the device, newest first. */
export const useHistory = (id: string, page: Page) =>
  useQuery({
    queryKey: [...DEVICES_KEY, 'history', id, page],
    queryFn: ({ signal }) => list<PastDeployment>(`${DEPLOYMENTS_V1}/devices/${encoded(id)}`, page, signal),
    placeholderData: keepPreviousData,
    refetchInterval: REFETCH_INTERVAL_MS,
  })

export const historyExport = (id: string): string => `${DEPLOYMENTS_V2}/devices/${encoded(id)}/history/export`

/** The log that the device sent for a deployment, one line per message. */
export const useDeviceLog = (device_id: string, deployment_id: string) =>
  useQuery({
    queryKey: [...DEVICES_KEY, 'log', device_id, deployment_id],
    queryFn: async ({ signal }) =>
      String(
        await get<unknown>(`${DEPLOYMENTS_V1}/${encoded(deployment_id)}/devices/${encoded(device_id)}/log`, {}, signal),
      ),
  })

/** The maximum number of devices in one request. */
export const MAX_PER_REQUEST = 200

export const changeDevices = (body: DevicesChange): Promise<DevicesChanged> => call('POST', `${DEVAUTH}/bulk`, { body })

export async function putIntoGroup(group: string, device_ids: string[]): Promise<DevicesChanged> {
  const path = `${INVENTORY}/groups/${encoded(group)}/devices`
  const { matched_count } = await call<GroupChange>('PATCH', path, { body: device_ids })
  return { changed: matched_count, failed: [] }
}

export async function takeFromGroup(group: string, device_ids: string[]): Promise<DevicesChanged> {
  const path = `${INVENTORY}/groups/${encoded(group)}/devices`
  const { updated_count } = await call<GroupChange>('DELETE', path, { body: device_ids })
  return { changed: updated_count, failed: [] }
}

export const leaveGroup = (id: string, group: string): Promise<void> =>
  call('DELETE', `${INVENTORY}/devices/${encoded(id)}/group/${encoded(group)}`)

export const saveTags = (id: string, tags: NewAttribute[], etag: string): Promise<void> =>
  call('PUT', `${INVENTORY}/devices/${encoded(id)}/tags`, { body: tags, headers: { 'if-match': etag } })

type AuthSet = { device_id: string; auth_set_id: string }

export const setAuthSetStatus = ({ device_id, auth_set_id }: AuthSet, status: string): Promise<void> =>
  call('PUT', `${DEVAUTH}/${encoded(device_id)}/auth/${encoded(auth_set_id)}/status`, { body: { status } })

export const deleteAuthSet = ({ device_id, auth_set_id }: AuthSet): Promise<void> =>
  call('DELETE', `${DEVAUTH}/${encoded(device_id)}/auth/${encoded(auth_set_id)}`)
