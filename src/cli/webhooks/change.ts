import type { IntegrationChange } from '../../client/api.ts'
import { optional, UsageError } from '../command.ts'
import { remoteCommand } from '../remote/command.ts'
import { readSecret } from '../secret.ts'
import { eventsIn, formatIn, OPTIONS } from './options.ts'
import { INTEGRATION, INTEGRATION_V2 } from './paths.ts'

export const changeCommand = remoteCommand({
  summary: 'Change what a webhook is sent, and where',
  operands: 'ID',
  help: `
  --target URL          another address; it replaces the secret, too: without --secret, nothing is signed
  --secret HEX          key of the signatures, in hexadecimal, with --target; - reads it from standard input
  --description TEXT    what it is for
  --format FORMAT       json, or slack for incoming webhooks of Slack, Mattermost and Rocket.Chat
  --event TYPE          send events of this type only; may be given several times; all: of all types, and by e-mail of
                        those that need a person
`,
  options: { ...OPTIONS, target: { type: 'string' } },
  async run({ server, values, words: [id = ''] }) {
    const url = optional(values, 'target')
    const secret = await readSecret(values, 'secret')
    if (secret !== undefined && url === undefined) throw new UsageError('--secret needs --target')
    const members = { description: optional(values, 'description'), format: formatIn(values), events: eventsIn(values) }
    const change: IntegrationChange = Object.fromEntries(
      Object.entries(members).filter(([, value]) => value !== undefined),
    )
    const is_change = Object.keys(change).length > 0
    if (!is_change && url === undefined) throw new UsageError('Give at least one option: see --help')
    if (is_change) await server.patch(INTEGRATION_V2, { path: { id }, body: change })
    if (url !== undefined)
      await server.put(`${INTEGRATION}/credentials`, { path: { id }, body: { type: 'http', http: { url, secret } } })
    console.log(values.json ? JSON.stringify({ id }) : `${id} changed`)
  },
})
