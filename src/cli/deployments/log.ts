import { ServerError } from '../../client/server-error.ts'
import { remoteCommand } from '../remote/command.ts'
import { printable } from '../remote/print.ts'
import { DEPLOYMENT } from './paths.ts'

const NO_LOG = 'There is no log: the device has sent none for this deployment, or one of the IDs is wrong.'

export const logCommand = remoteCommand({
  summary: 'Print the log that a device has sent of its failure',
  operands: 'ID DEVICE',
  help: '',
  async run({ server, values, words: [id = '', device = ''] }) {
    const request = server.get(`${DEPLOYMENT}/devices/{device}/log`, { path: { id, device } })
    const { body } = await request.catch((error: unknown) => {
      throw error instanceof ServerError && error.status === 404 ? error.saying(NO_LOG) : error
    })
    const log = String(body ?? '')
    if (values.json) return console.log(JSON.stringify({ log }))
    for (const line of log.trimEnd().split('\n')) console.log(printable(line))
  },
})
