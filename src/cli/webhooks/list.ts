import { remoteCommand } from '../remote/command.ts'
import { printList, timeText } from '../remote/print.ts'
import { eventsText } from './options.ts'
import { INTEGRATIONS } from './paths.ts'

export const listCommand = remoteCommand({
  summary: 'List the webhooks',
  help: '',
  async run({ server, values }) {
    const { body: rows } = await server.get(INTEGRATIONS)
    printList(values, {
      rows,
      columns: [
        ['ID', ({ id }) => id],
        ['URL', ({ credentials }) => credentials.http.url],
        ['SIGNED', ({ credentials }) => (credentials.http.secret === undefined ? 'no' : 'yes')],
        ['FORMAT', ({ format }) => format],
        ['FAILING SINCE', ({ failing_since }) => timeText(failing_since)],
        ['DESCRIPTION', ({ description }) => description],
        ['EVENTS', eventsText],
      ],
      none: 'There are no webhooks, or your role does not show them.',
    })
  },
})
