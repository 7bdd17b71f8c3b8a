import { useQuery, useQueryClient } from '@tanstack/react-query'
import type { DevicesPin } from '../../src/deployments/orders/pin-devices.ts'
import type { DevicePin, NewPin } from '../../src/deployments/pin.ts'
import { DEVICES_KEY, type DevicesChanged, REFETCH_INTERVAL_MS } from './devices.ts'
import { searchDevices, type Term } from './filters.ts'
import { call, get, isRefusal, type Listed, list } from './http.ts'
import { devicesKey } from './live.ts'

export type { DevicePin, NewPin }

const V2 = '/api/management/v2/deployments/deployments'
const pathOf = (device_id: string) => `${V2}/devices/${encodeURIComponent(device_id)}/pin`

export const PINNED: Term = { scope: 'system', attribute: 'pinned_until', type: '$exists', value: true }

/** How many devices are pinned. */
export const usePinnedCount = () =>
  useQuery({
    queryKey: [...DEVICES_KEY, 'pinned'],
    queryFn: async ({ signal }) => {
      const attributes = [{ scope: PINNED.scope, attribute: PINNED.attribute }]
      return (await searchDevices({ filters: [PINNED], per_page: 1, attributes }, signal)).total
    },
    refetchInterval: REFETCH_INTERVAL_MS,
  })

/** What keeps the device from updates; null: nothing. `is_pinned`: whether its attributes say so. */
export const usePin = (device_id: string, is_pinned: boolean) =>
  useQuery({
    queryKey: [...DEVICES_KEY, 'pin', device_id, is_pinned],
    queryFn: async ({ signal }): Promise<DevicePin | null> => {
      try {
        return await get<DevicePin>(pathOf(device_id), undefined, signal)
      } catch (error) {
        if (isRefusal(error, 'device_not_pinned')) return null
        throw error
      }
    },
    enabled: is_pinned,
    refetchInterval: REFETCH_INTERVAL_MS,
  })

export const pinDevice = (device_id: string, pin: NewPin): Promise<void> =>
  call('PUT', pathOf(device_id), { body: pin })
export const unpinDevice = (device_id: string): Promise<void> => call('DELETE', pathOf(device_id))
export const pinDevices = (body: DevicesPin): Promise<DevicesChanged> => call('POST', `${V2}/devices/pin`, { body })
export const unpinDevices = (device_ids: string[]): Promise<DevicesChanged> =>
  call('POST', `${V2}/devices/unpin`, { body: { device_ids } })

/** The pinned devices that a deployment waits for. Pins come and go without an event of the deployment. */
export const usePinned = (id: string, { enabled, per_page }: { enabled: boolean; per_page: number }) =>
  useQuery({
    queryKey: [...devicesKey(id), 'pinned', per_page],
    queryFn: ({ signal }): Promise<Listed<DevicePin>> =>
      list(`${V2}/${encodeURIComponent(id)}/pinned`, { per_page }, signal),
    enabled,
    refetchInterval: REFETCH_INTERVAL_MS,
  })

/** Reads again what a pin changes. */
export function usePinsChanged(): () => Promise<unknown> {
  const queries = useQueryClient()
  return () =>
    Promise.all([
      queries.invalidateQueries({ queryKey: DEVICES_KEY }),
      queries.invalidateQueries({ queryKey: ['deployments'] }),
    ])
}
