import { allPages } from '../../client/all-pages.ts'
import type { AnyFilterTerm, DeviceInventory, FilterTerm } from '../../client/api.ts'
import { AUTH_STATUS_STYLES } from '../../texts/statuses.ts'
import { isGroup } from '../../texts/terms.ts'
import type { Values } from '../command.ts'
import { type Column, printList, timeText } from '../remote/print.ts'
import type { Server } from '../remote/server.ts'
import { FILTERS } from './paths.ts'

const SEARCH = `${FILTERS}/search` as const

export const ofStatus = (status: string): FilterTerm => ({
  ...{ scope: 'identity', attribute: 'status', type: '$eq', value: status },
})

/** The devices that match all of the terms, at most `limit`. */
export const searchDevices = (
  server: Server,
  terms: readonly AnyFilterTerm[],
  limit?: number,
): Promise<DeviceInventory[]> =>
  allPages(limit, async (page, per_page) => {
    const { body } = await server.post(SEARCH, { body: { page, per_page, filters: terms } })
    return body
  })

/** The number of accepted devices that match, and the first of them as the API returns them. */
export async function previewTerms(server: Server, terms: readonly AnyFilterTerm[], per_page: number) {
  const filters = [...terms, ofStatus('accepted')]
  const { headers, body: devices } = await server.post(SEARCH, { body: { per_page, filters } })
  return { count: Number(headers['x-total-count']), devices }
}

/** The conditions without their groups. */
const conditionsIn = (terms: readonly AnyFilterTerm[]): FilterTerm[] =>
  terms.flatMap((term) => (isGroup(term) ? conditionsIn(term.terms) : [term]))

/** Prints devices with common attributes and those that the terms reference. */
export function printMatching(values: Values, rows: DeviceInventory[], terms: readonly AnyFilterTerm[]) {
  const common = ['identity/status', 'system/group', 'inventory/device_type', 'inventory/artifact_name']
  const names = new Set([...common, ...conditionsIn(terms).map(({ scope, attribute }) => `${scope}/${attribute}`)])
  names.delete('identity/id')
  const attributes = [...names].map(
    (name): Column<DeviceInventory> => [
      name
        .slice(name.indexOf('/') + 1)
        .toUpperCase()
        .replace('_', ' '),
      (device) => cellOf(device, name),
    ],
  )
  printList(values, { rows, columns: [['ID', ({ id }) => id], ...attributes], none: 'No devices match.' })
}

function cellOf({ attributes }: DeviceInventory, key: string): string {
  const value = [attributes.find(({ scope, name }) => `${scope}/${name}` === key)?.value ?? ''].flat().join(', ')
  if (key === 'identity/status') return AUTH_STATUS_STYLES[value]?.label ?? value
  return key.startsWith('system/') ? timeText(value) : value
}
