import { UsageError, wholeNumber } from '../command.ts'
import { remoteCommand } from '../remote/command.ts'
import { readTerms } from './create.ts'
import { findFilter } from './find.ts'
import { previewTerms, printMatching } from './search.ts'
import { TERM_HELP } from './term-text.ts'

const DEFAULT_LIMIT = 10

export const previewCommand = remoteCommand({
  summary: 'Count the accepted devices that match and show the first ones',
  operands: '[FILTER]',
  help: `
  --term TERM           condition to try, instead of a saved filter; may be given several times
  --limit COUNT         number of devices to show (${DEFAULT_LIMIT})

${TERM_HELP}

--json prints {"count", "devices"}, with the devices as the API returns them.
`,
  options: { term: { type: 'string', multiple: true }, limit: { type: 'string' } },
  async run({ server, values, words: [saved] }) {
    const typed = readTerms(values)
    if ((saved === undefined) === (typed.length === 0)) throw new UsageError('Give a saved filter or --term')
    const limit = wholeNumber(values, 'limit', 1) ?? DEFAULT_LIMIT
    const terms = saved === undefined ? typed : (await findFilter(server, saved)).terms
    const { count, devices } = await previewTerms(server, terms, Math.min(limit, 500))
    if (values.json) return console.log(JSON.stringify({ count, devices }))
    console.log(count === 1 ? '1 accepted device matches.' : `${count} accepted devices match.`)
    if (count === 0) return
    console.log()
    printMatching(values, devices, terms)
    if (count > devices.length) console.log(`and ${count - devices.length} more`)
  },
})
