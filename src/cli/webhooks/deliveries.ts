import type { WebhookDelivery } from '../../client/api.ts'
import { optional, wholeNumber } from '../command.ts'
import { remoteCommand } from '../remote/command.ts'
import { printList, timeText } from '../remote/print.ts'
import { DELIVERIES } from './paths.ts'

const NEWEST = 20

export const deliveriesCommand = remoteCommand({
  summary: 'List what a webhook was sent, newest first, with the responses',
  operands: 'ID',
  help: `
  --state STATE         only deliveries that are pending, delivered or failed
  --limit COUNT         show at most this many (${NEWEST})
`,
  options: { state: { type: 'string' }, limit: { type: 'string' } },
  async run({ server, values, words: [id = ''] }) {
    const limit = wholeNumber(values, 'limit', 1) ?? NEWEST
    // An unknown state is refused by the server.
    const query = { state: optional(values, 'state') as WebhookDelivery['state'] | undefined }
    const rows = await server.list(DELIVERIES, { path: { id }, query, limit })
    printList(values, {
      rows,
      columns: [
        ['EVENT', ({ event_id }) => event_id],
        ['TIME', ({ time }) => timeText(time)],
        ['TYPE', ({ type }) => type],
        ['STATE', ({ state }) => state],
        ['ATTEMPTS', ({ attempts }) => attempts],
        ['LAST RESULT', ({ error, status_code }) => error ?? status_code],
        ['NEXT', ({ next_attempt }) => timeText(next_attempt)],
      ],
      none: 'No deliveries found.',
    })
  },
})
