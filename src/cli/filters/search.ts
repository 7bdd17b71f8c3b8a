import type { Device } from '../../inventory/device.ts'
import type { Term } from '../../inventory/filter.ts'
import { AUTH_LOOK } from '../../texts/statuses.ts'
import type { Values } from '../command.ts'
import { type Column, printList, timeText } from '../remote/print.ts'
import { allPages, type Server } from '../remote/server.ts'
import { FILTERS } from './paths.ts'

export const ofStatus = (status: string): Term => ({
  ...{ scope: 'identity', attribute: 'status', type: '$eq', value: status },
})

/** Devices that match all of the terms, all of them or the first. */
export const searchDevices = (server: Server, terms: readonly Term[], most?: number): Promise<Device[]> =>
  allPages(most, async (page, per_page) => {
    const { body } = await server.post(`${FILTERS}/search`, { page, per_page, filters: terms })
    return body
  })

/** How many accepted devices match, and the first of them, as the API gives them. */
export async function previewTerms(server: Server, terms: readonly Term[], per_page: number) {
  const answer = await server.post(`${FILTERS}/search`, { per_page, filters: [...terms, ofStatus('accepted')] })
  return { count: Number(answer.headers['x-total-count']), devices: answer.body as Device[] }
}

/** Devices with what is mostly of interest, and whatever the terms ask about. */
export function printMatching(values: Values, rows: Device[], terms: readonly Term[]) {
  const usual = ['identity/status', 'system/group', 'inventory/device_type', 'inventory/artifact_name']
  const names = new Set([...usual, ...terms.map(({ scope, attribute }) => `${scope}/${attribute}`)])
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

function cellOf({ attributes }: Device, wanted: string): string {
  const value = [attributes.find(({ scope, name }) => `${scope}/${name}` === wanted)?.value ?? ''].flat().join(', ')
  if (wanted === 'identity/status') return AUTH_LOOK[value]?.label ?? value
  return wanted.startsWith('system/') ? timeText(value) : value
}
