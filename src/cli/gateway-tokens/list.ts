import { DDI } from '../ddi/paths.ts'
import { remoteCommand } from '../remote/command.ts'
import { printList, timeText } from '../remote/print.ts'

export const listCommand = remoteCommand({
  summary: 'List the gateway tokens, by which devices authenticate by DDI',
  help: '',
  async run({ server, values }) {
    const { body: rows } = await server.get(`${DDI}/gateway_tokens`)
    printList(values, {
      rows,
      columns: [
        ['ID', ({ id }) => id],
        ['NAME', ({ name }) => name],
        ['CREATED', ({ created_ts }) => timeText(created_ts)],
      ],
      none: 'There are no gateway tokens.',
    })
  },
})
