import type { Device } from '../../inventory/device.ts'
import { conditionsIn, type FilterTerm, type Term } from '../../inventory/filter.ts'
import { AUTH_STATUS_STYLES } from '../../texts/statuses.ts'
import type { Values } from '../command.ts'
import { type Column, printList, timeText } from '../remote/print.ts'
import { allPages, type Server } from '../remote/server.ts'
import { FILTERS } from './paths.ts'

export const ofStatus = (status: string): Term => ({
  ...{ scope: 'identity', attribute: 'status', type: '$eq', value: status },
})

/** The devices that match all of the terms, at most `limit`. */
export const searchDevices = (server: Server, terms: readonly FilterTerm[], limit?: number): Promise<Device[]> =>
  allPages(limit, async (page, per_page) => {
    const { body } = await server.post(`${FILTERS}/search`, { page, per_page, filters: terms })
    return body
  })

/** The number of accepted devices that match, and the first of them as the API returns them. */
export async function previewTerms(server: Server, terms: readonly FilterTerm[], per_page: number) {
  const response = await server.post(`${FILTERS}/search`, { per_page, filters: [...terms, ofStatus('accepted')] })
  return { count: Number(response.headers['x-total-count']), devices: response.body as Device[] }
}

/** Prints devices with common attributes and those that the terms reference. */
export function printMatching(values: Values, rows: Device[], terms: readonly FilterTerm[]) {
  const common = ['identity/status', 'system/group', 'inventory/device_type', 'inventory/artifact_name']
  const names = new Set([...common, ...conditionsIn(terms).map(({ scope, attribute }) => `${scope}/${attribute}`)])
  names.delete('identity/id')
  const attributes = [...names].map(
    (name): Column<Device> => [
      name
        .slice(name.indexOf('/') + 1)
        .toUpperCase()
        .replace('_', ' '),
      (device) => cellOf(device, name),
    ],
  )
  printList(values, { rows, columns: [['ID', ({ id }) => id], ...attributes], none: 'No devices match.' })
}

function cellOf({ attributes }: Device, key: string): string {
  const value = [attributes.find(({ scope, name }) => `${scope}/${name}` === key)?.value ?? ''].flat().join(', ')
  if (key === 'identity/status') return AUTH_STATUS_STYLES[value]?.label ?? value
  return key.startsWith('system/') ? timeText(value) : value
}
