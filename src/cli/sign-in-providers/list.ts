import { remoteCommand } from '../remote/command.ts'
import { printList } from '../remote/print.ts'
import { PROVIDERS } from './paths.ts'

export const listCommand = remoteCommand({
  summary: 'List the sign-in providers',
  help: '',
  async run({ server, values }) {
    const { body: rows } = await server.get(PROVIDERS)
    printList(values, {
      rows,
      columns: [
        ['ID', ({ id }) => id],
        ['NAME', ({ name }) => name],
        ['ENABLED', ({ enabled }) => (enabled ? 'yes' : 'no')],
        ['ISSUER', ({ issuer }) => issuer],
      ],
      none: 'There are no sign-in providers.',
    })
  },
})
