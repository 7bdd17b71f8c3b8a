import { bytes } from '../../texts/numbers.ts'
import { optional } from '../command.ts'
import { remoteCommand } from '../remote/command.ts'
import { printList, timeText } from '../remote/print.ts'
import { ARTIFACTS } from './paths.ts'

export const listCommand = remoteCommand({
  summary: 'List artifacts, newest first',
  help: `
  --name TEXT           only artifacts whose name contains this text
`,
  options: { name: { type: 'string' } },
  async run({ server, values }) {
    const rows = await server.list(`${ARTIFACTS}/list`, { query: { name: optional(values, 'name') } })
    printList(values, {
      rows,
      columns: [
        ['ID', ({ id }) => id],
        ['RELEASE', ({ name }) => name],
        ['FORMAT', ({ info }) => info.format],
        ['DEVICE TYPES', ({ device_types_compatible }) => device_types_compatible.join(', ')],
        ['SIZE', ({ size }) => bytes(size)],
        ['MODIFIED', ({ modified }) => timeText(modified)],
        ['DESCRIPTION', ({ description }) => description],
      ],
      none: 'No artifacts found.',
    })
  },
})
