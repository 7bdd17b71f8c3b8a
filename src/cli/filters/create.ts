import { required, several, UsageError, type Values } from '../command.ts'
import { asUsage, remoteCommand } from '../remote/command.ts'
import { readFilterTerm } from './filter-term-text.ts'
import { FILTERS } from './paths.ts'
import { TERM_HELP } from './term-text.ts'

export const createCommand = remoteCommand({
  summary: 'Save a filter',
  help: `
  --name NAME           name of the filter
  --term TERM           condition; may be given several times

${TERM_HELP}
`,
  options: { name: { type: 'string' }, term: { type: 'string', multiple: true } },
  async run({ server, values }) {
    const filter = { name: required(values, 'name'), terms: readTerms(values) }
    if (filter.terms.length === 0) throw new UsageError('--term is required')
    const { id } = await server.create(FILTERS, { body: filter })
    console.log(values.json ? JSON.stringify({ id }) : `Filter ID  ${id}`)
  },
})

export const readTerms = (values: Values) => several(values, 'term').map((text) => asUsage(() => readFilterTerm(text)))
