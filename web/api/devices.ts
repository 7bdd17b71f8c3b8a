import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { Device as TrustedDevice } from '../../src/auth/device.ts'
import type { Deployment } from '../../src/deployments/deployment.ts'
import type { DevicesChange, DevicesChanged } from '../../src/deployments/orders/change-devices.ts'
import type { ActiveExplanation } from '../../src/deployments/views/explain-active.ts'
import type { DeviceItem } from '../../src/deployments/views/find-device-deployments.ts'
import type { Attribute, NewAttribute } from '../../src/inventory/attribute.ts'
import type { Device } from '../../src/inventory/device.ts'
import type { DeviceStatistics } from '../../src/inventory/devices/count-by-status.ts'
import type { GroupChange } from '../../src/inventory/group.ts'
import { call, get, list, send } from './http.ts'

export type { ActiveExplanation, Attribute, Device, DevicesChanged, NewAttribute, TrustedDevice }

const DEVAUTH = '/api/management/v2/devauth/devices'
const INVENTORY = '/api/management/v1/inventory'
const DEPLOYMENTS_V1 = '/api/management/v1/deployments/deployments'
const DEPLOYMENTS_V2 = '/api/management/v2/deployments/deployments'

/** The first word of the key of whatever changes when devices do. */
export const DEVICES_KEY = ['devices']
/** Often enough to watch devices arrive, seldom enough for a large fleet. */
export const RENEW_EVERY = 10_000

const of = (id: string) => encodeURIComponent(id)

/** How many devices there are of each status. */
export const useDeviceCounts = () =>
  useQuery({
    queryKey: [...DEVICES_KEY, 'counts'],
    queryFn: async ({ signal }) => {
      const { devices_by_status } = await get<DeviceStatistics>('/api/management/v2/inventory/statistics', {}, signal)
      return Object.fromEntries(
        Object.entries(devices_by_status).map(([status, tiers]) => [status, tiers.standard]),
      ) as Record<'accepted' | 'pending' | 'rejected' | 'preauthorized', number>
    },
    refetchInterval: RENEW_EVERY,
  })

/** What is known of one device, with the version of its tags. */
export const useDevice = (id: string) =>
  useQuery({
    queryKey: [...DEVICES_KEY, 'device', id],
    queryFn: async ({ signal }) => {
      const { answer, headers } = await send<Device>('GET', `${INVENTORY}/devices/${of(id)}`, { signal })
      return { device: answer, etag: headers.get('etag') ?? '*' }
    },
    refetchInterval: RENEW_EVERY,
  })

/** The keys of one device, and whether they are trusted. */
export const useTrust = (id: string) =>
  useQuery({
    queryKey: [...DEVICES_KEY, 'trust', id],
    queryFn: ({ signal }) => get<TrustedDevice>(`${DEVAUTH}/${of(id)}`, {}, signal),
    refetchInterval: RENEW_EVERY,
  })

export const useGroups = () =>
  useQuery({
    queryKey: [...DEVICES_KEY, 'groups'],
    queryFn: ({ signal }) => get<string[]>(`${INVENTORY}/groups`, {}, signal),
    staleTime: 30_000,
  })

type Page = { page: number; per_page: number }

/** Why the device has, or has not, been offered the unfinished deployments. */
export const useExplanations = (id: string, page: Page) =>
  useQuery({
    queryKey: [...DEVICES_KEY, 'explanations', id, page],
    queryFn: ({ signal }) => list<ActiveExplanation>(`${DEPLOYMENTS_V2}/devices/${of(id)}/explain`, page, signal),
    placeholderData: keepPreviousData,
    refetchInterval: RENEW_EVERY,
  })

export type PastDeployment = { id: string; deployment: Deployment; device: DeviceItem }

/** The deployments that the device was counted in, the newest first. */
export const useHistory = (id: string, page: Page) =>
  useQuery({
    queryKey: [...DEVICES_KEY, 'history', id, page],
    queryFn: ({ signal }) => list<PastDeployment>(`${DEPLOYMENTS_V1}/devices/${of(id)}`, page, signal),
    placeholderData: keepPreviousData,
    refetchInterval: RENEW_EVERY,
  })

/** What the device sent about a deployment, a line a message. */
export const useDeviceLog = (device_id: string, deployment_id: string) =>
  useQuery({
    queryKey: [...DEVICES_KEY, 'log', device_id, deployment_id],
    queryFn: async ({ signal }) =>
      String(await get<unknown>(`${DEPLOYMENTS_V1}/${of(deployment_id)}/devices/${of(device_id)}/log`, {}, signal)),
  })

/** As many as one call takes. */
export const MOST_AT_ONCE = 200

export const changeDevices = (body: DevicesChange): Promise<DevicesChanged> => call('POST', `${DEVAUTH}/bulk`, { body })

export async function putIntoGroup(group: string, device_ids: string[]): Promise<DevicesChanged> {
  const path = `${INVENTORY}/groups/${of(group)}/devices`
  const { matched_count } = await call<GroupChange>('PATCH', path, { body: device_ids })
  return { changed: matched_count, failed: [] }
}

export const leaveGroup = (id: string, group: string): Promise<void> =>
  call('DELETE', `${INVENTORY}/devices/${of(id)}/group/${of(group)}`)

export const saveTags = (id: string, tags: NewAttribute[], etag: string): Promise<void> =>
  call('PUT', `${INVENTORY}/devices/${of(id)}/tags`, { body: tags, headers: { 'if-match': etag } })

type AuthSet = { device_id: string; auth_set_id: string }

export const setAuthSetStatus = ({ device_id, auth_set_id }: AuthSet, status: string): Promise<void> =>
  call('PUT', `${DEVAUTH}/${of(device_id)}/auth/${of(auth_set_id)}/status`, { body: { status } })

export const deleteAuthSet = ({ device_id, auth_set_id }: AuthSet): Promise<void> =>
  call('DELETE', `${DEVAUTH}/${of(device_id)}/auth/${of(auth_set_id)}`)
