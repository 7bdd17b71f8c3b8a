import { contentText } from '../../texts/contents.ts'
import { optional, wholeNumber } from '../command.ts'
import { remoteCommand } from '../remote/command.ts'
import { printList, timeText } from '../remote/print.ts'
import { DEPLOYMENTS } from './paths.ts'
import { stateOf, statusStyleOf } from './state.ts'

export const listCommand = remoteCommand({
  summary: 'List deployments, newest first',
  help: `
  --status STATUS       only deployments that are scheduled, pending, inprogress or finished
  --limit COUNT         show at most this many
`,
  options: { status: { type: 'string' }, limit: { type: 'string' } },
  async run({ server, values }) {
    const limit = wholeNumber(values, 'limit', 1)
    printList(values, {
      rows: await server.list(DEPLOYMENTS, { query: { status: optional(values, 'status') }, limit }),
      columns: [
        ['ID', ({ id }) => id],
        ['NAME', ({ name }) => name],
        ['RELEASE', contentText],
        ['STATUS', stateOf, statusStyleOf],
        ['STARTED', ({ device_count }) => device_count],
        ['UPDATED', ({ statistics: { status } }) => status.success + status['already-installed']],
        ['FAILED', ({ statistics }) => statistics.status.failure],
        ['CREATED', ({ created }) => timeText(created)],
      ],
      none: 'No deployments found.',
    })
  },
})
