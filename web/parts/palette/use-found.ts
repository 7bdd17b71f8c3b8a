import { useDebouncedValue } from '@mantine/hooks'
import { IconDeviceDesktop, IconFilter, IconPackage, IconRocket, IconStack2 } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { contentText } from '../../../src/texts/contents.ts'
import type { Deployment } from '../../api/deployments.ts'
import { type Device, useGroups } from '../../api/devices.ts'
import { type SavedFilter, searchDevices, useSavedFilters } from '../../api/filters.ts'
import { findDeployments, findReleases } from '../../api/find.ts'
import type { Release } from '../../api/releases.ts'
import { useMay, useSession } from '../../api/session.ts'
import { stateOf, styleOf } from '../deployment-text.ts'
import { useNameOf } from '../device-facts.ts'
import { deploymentPage, devicePage, devicesInGroup, devicesMatching, releasePage } from '../links.ts'
import { type Item, type ItemGroup, matches } from './item.ts'

/** Long enough to send no request for each key. */
const DEBOUNCE_MS = 200
/** A single character finds nearly everything. */
const SHORTEST = 2
const MOST = 5

/** What the server finds, and saved filters and groups by their names. A request that a new text replaces is aborted. */
export function useFound(text: string): { groups: ItemGroup[]; isSearching: boolean } {
  const may = useMay()
  const { features } = useSession()
  const nameOf = useNameOf()
  const [debounced] = useDebouncedValue(text, DEBOUNCE_MS)
  const wanted = { search: debounced, per_page: MOST }
  const enabled = debounced.length >= SHORTEST && text.length >= SHORTEST
  const find = <Row>(kind: string, enabled: boolean, read: (signal: AbortSignal) => Promise<{ rows: Row[] }>) => ({
    ...{ queryKey: ['palette', kind, debounced], enabled, staleTime: 10_000, placeholderData: keepPreviousData },
    queryFn: async ({ signal }: { signal: AbortSignal }) => (await read(signal)).rows,
  })
  const devices = useQuery(
    find('devices', enabled && may('read_devices'), (signal) =>
      searchDevices({ text: debounced, filters: [], per_page: MOST }, signal),
    ),
  )
  const releases = useQuery(find('releases', enabled && may('read_releases'), (signal) => findReleases(wanted, signal)))
  const deployments = useQuery(
    find('deployments', enabled && may('read_deployments'), (signal) => findDeployments(wanted, signal)),
  )
  const groups = useGroups({ enabled: may('read_devices') })
  const filters = useSavedFilters({ enabled: may('read_devices') && features.saved_filters === true })
  const named = (items: Item[]) => (text === '' ? [] : items.filter((item) => isNamed(item, text)).slice(0, MOST))
  const shown = <Row>(rows: readonly Row[] | undefined, toItem: (row: Row) => Item) =>
    enabled ? (rows ?? []).map(toItem) : []
  return {
    groups: [
      { name: 'Devices', items: shown(devices.data, (device) => deviceItem(device, nameOf(device), debounced)) },
      { name: 'Releases', items: shown(releases.data, releaseItem) },
      { name: 'Deployments', items: shown(deployments.data, deploymentItem) },
      { name: 'Groups', items: named((groups.data ?? []).map(groupItem)) },
      { name: 'Filters', items: named((filters.data ?? []).map(filterItem)) },
    ],
    isSearching:
      (text.length >= SHORTEST && text !== debounced) ||
      [devices, releases, deployments].some(({ isFetching }) => isFetching) ||
      [groups, filters].some(({ isLoading }) => isLoading),
  }
}

const isNamed = (item: Item, text: string): boolean =>
  item.label.toLowerCase().includes(text.toLowerCase()) || matches(item, text)

const releaseItem = ({ name }: Release): Item => ({
  ...{ id: `release-${name}`, label: name, href: releasePage(name), icon: IconPackage },
})

const deploymentItem = (deployment: Deployment): Item => ({
  ...{ id: `deployment-${deployment.id}`, label: deployment.name, detail: detailOf(deployment), icon: IconRocket },
  href: deploymentPage(deployment.id),
})

const detailOf = (deployment: Deployment): string =>
  `${contentText(deployment)} · ${styleOf(deployment)?.label ?? stateOf(deployment)}`

const groupItem = (name: string): Item => ({
  ...{
    id: `group-${name}`,
    label: name,
    detail: 'devices in this group',
    href: devicesInGroup(name),
    icon: IconStack2,
  },
})

const filterItem = ({ id, name, terms }: SavedFilter): Item => ({
  ...{ id: `filter-${id}`, label: name, detail: 'devices that match', href: devicesMatching(terms), icon: IconFilter },
})

/** With the attribute that contains the text, unless it is the name. */
function deviceItem(device: Device, label: string, text: string): Item {
  const contains = (value: string) => value.toLowerCase().includes(text.toLowerCase())
  const found = device.attributes.find(({ value }) => [value].flat().some((one) => contains(String(one))))
  const detail = contains(label) ? undefined : found ? `${found.name}: ${[found.value].flat().join(', ')}` : device.id
  return {
    ...{ id: `device-${device.id}`, label, href: devicePage(device.id), icon: IconDeviceDesktop },
    ...(detail !== undefined && { detail }),
  }
}
