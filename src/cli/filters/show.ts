import { remoteCommand } from '../remote/command.ts'
import { facts, printable } from '../remote/print.ts'
import { writeFilterTerm } from './filter-term-text.ts'
import { findFilter } from './find.ts'

export const showCommand = remoteCommand({
  summary: 'Show a saved filter by its name or ID',
  operands: 'FILTER',
  help: '',
  async run({ server, values, words: [key = ''] }) {
    const filter = await findFilter(server, key)
    if (values.json) return console.log(JSON.stringify(filter))
    console.log(facts({ 'Filter ID': filter.id, Name: filter.name }))
    for (const term of filter.terms) console.log(`  --term ${quoted(printable(writeFilterTerm(term)))}`)
  },
})

/** Quoted for a shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`
