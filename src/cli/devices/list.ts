import type { Device } from '../../client/api.ts'
import { AUTH_STATUS_STYLES } from '../../texts/statuses.ts'
import { optional, wholeNumber } from '../command.ts'
import { findFilter } from '../filters/find.ts'
import { ofStatus, printMatching, searchDevices } from '../filters/search.ts'
import { remoteCommand } from '../remote/command.ts'
import { type Column, printList, timeText } from '../remote/print.ts'
import { DEVICES } from './paths.ts'

export const listCommand = remoteCommand({
  summary: 'List devices',
  help: `
  --status STATUS       only devices that are accepted, pending, rejected, preauthorized or noauth
  --filter FILTER       only devices that match a saved filter (name or ID), with their inventory
  --limit COUNT         show at most this many
`,
  options: { status: { type: 'string' }, filter: { type: 'string' }, limit: { type: 'string' } },
  async run({ server, values }) {
    const status = optional(values, 'status')
    const filter = optional(values, 'filter')
    const limit = wholeNumber(values, 'limit', 1)
    if (filter !== undefined) {
      const { terms } = await findFilter(server, filter)
      const all = status === undefined ? terms : [...terms, ofStatus(status)]
      return printMatching(values, await searchDevices(server, all, limit), terms)
    }
    const rows = await server.list(DEVICES, { query: { status: status === undefined ? undefined : [status] }, limit })
    printList(values, {
      rows,
      columns: [
        ['ID', ({ id }) => id],
        ['STATUS', ({ status }) => styleOf(status)?.label ?? status, ({ status }) => styleOf(status)],
        ...(rows.some(({ dialect }) => dialect !== 'mender') ? [DIALECT] : []),
        ['IDENTITY', ({ identity_data }) => identityText(identity_data)],
        ['FIRST SEEN', ({ created_ts }) => timeText(created_ts)],
        ['LAST SEEN', ({ check_in_time }) => timeText(check_in_time)],
      ],
      none: 'No devices found.',
    })
  },
})

const DIALECTS = { mender: 'Mender', ddi: 'DDI' } as const

/** Shown if some device does not speak Mender's protocol. */
const DIALECT: Column<Device> = ['DIALECT', ({ dialect }) => DIALECTS[dialect]]

const styleOf = (status: string) => AUTH_STATUS_STYLES[status]

const identityText = (identity: object): string =>
  Object.entries(identity)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ')
