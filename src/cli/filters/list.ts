import { remoteCommand } from '../remote/command.ts'
import { printList } from '../remote/print.ts'
import { writeFilterTerm } from './filter-term-text.ts'
import { FILTERS } from './paths.ts'

export const listCommand = remoteCommand({
  summary: 'List saved filters',
  help: '',
  async run({ server, values }) {
    printList(values, {
      rows: await server.list(FILTERS),
      columns: [
        ['ID', ({ id }) => id],
        ['NAME', ({ name }) => name],
        ['TERMS', ({ terms }) => terms.map(writeFilterTerm).join('; ')],
      ],
      none: 'No saved filters found.',
    })
  },
})
