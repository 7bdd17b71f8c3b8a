import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { Static } from 'typebox'
import type { Release, ReleaseV1 } from '../../src/artifacts/release.ts'
import type { Device } from '../../src/inventory/device.ts'
import type { SavedFilter } from '../../src/inventory/saved-filter.ts'
import { useNameOf } from '../parts/device-facts.ts'
import { get, list, search } from './http.ts'
import { useMay } from './session.ts'

const RELEASES = '/api/management/v1/deployments/deployments/releases/list'
const RELEASE = '/api/management/v2/deployments/deployments/releases'
const FILTERS = '/api/management/v2/inventory/filters'
const GROUPS = '/api/management/v1/inventory/groups'

/** Releases whose name contains a text, newest first. */
export const useReleaseSearch = (name: string) =>
  useQuery({
    queryKey: ['choices', 'releases', name],
    queryFn: ({ signal }) =>
      list<Static<typeof ReleaseV1>>(RELEASES, { name, sort: 'modified:desc', per_page: 20 }, signal),
    placeholderData: keepPreviousData,
  })

export const useReleaseNamed = (name: string) =>
  useQuery({
    queryKey: ['choices', 'release', name],
    queryFn: ({ signal }) => get<Release>(`${RELEASE}/${encodeURIComponent(name)}`, undefined, signal),
    enabled: name !== '',
  })

export const useSavedFilters = ({ enabled }: { enabled: boolean }) =>
  useQuery({
    queryKey: ['choices', 'filters'],
    queryFn: ({ signal }) => list<SavedFilter>(FILTERS, { per_page: 500 }, signal),
    enabled,
  })

export const useGroups = ({ enabled }: { enabled: boolean }) =>
  useQuery({
    queryKey: ['choices', 'groups'],
    queryFn: ({ signal }) => get<string[]>(GROUPS, { status: 'accepted' }, signal),
    enabled,
  })

/** Accepted devices, or those of `any_status`, with a text in any attribute. */
export const useDeviceSearch = (text: string, { any_status = false } = {}) =>
  useQuery({
    queryKey: ['choices', 'devices', text, any_status],
    queryFn: ({ signal }) =>
      search<Device>(`${FILTERS}/search`, { text, filters: any_status ? [] : [ACCEPTED], per_page: 20 }, signal),
    placeholderData: keepPreviousData,
  })

const ACCEPTED = { scope: 'identity', attribute: 'status', type: '$eq', value: 'accepted' }

/** The names of devices by ID, by one request; decommissioned devices are missing. */
export function useDeviceNames(ids: readonly string[]) {
  const nameOf = useNameOf()
  const may_read = useMay()('read_devices')
  return useQuery({
    queryKey: ['choices', 'names', [...ids].sort()],
    queryFn: async ({ signal }) => {
      const query = { device_ids: ids, per_page: Math.min(Math.max(ids.length, 1), 500) }
      return (await search<Device>(`${FILTERS}/search`, query, signal)).rows
    },
    select: (devices) => new Map(devices.map((device) => [device.id, nameOf(device)])),
    enabled: ids.length > 0 && may_read,
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  })
}
