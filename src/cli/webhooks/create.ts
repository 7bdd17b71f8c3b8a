import { optional } from '../command.ts'
import { remoteCommand } from '../remote/command.ts'
import { readSecret } from '../secret.ts'
import { eventsIn, formatIn, OPTIONS } from './options.ts'
import { INTEGRATIONS } from './paths.ts'

export const createCommand = remoteCommand({
  summary: 'Create a webhook: a URL that is sent what happens to devices and deployments',
  operands: 'URL',
  help: `
  --secret HEX          key of the signatures, in hexadecimal; - reads it from standard input
  --description TEXT    what it is for
  --format FORMAT       json, or slack for incoming webhooks of Slack, Mattermost and Rocket.Chat (json)
  --event TYPE          send events of this type only; may be given several times (all)

URL is http:// or https://, or mailto: with addresses for e-mails, such as mailto:ops@example.com.
`,
  options: OPTIONS,
  async run({ server, values, words: [url = ''] }) {
    const secret = await readSecret(values, 'secret')
    const credentials = { type: 'http', http: { url, secret } } as const
    const description = optional(values, 'description')
    const chosen = { format: formatIn(values), events: eventsIn(values) ?? undefined }
    const body = { provider: 'webhook', description, credentials, ...chosen } as const
    const { id } = await server.create(INTEGRATIONS, { body })
    console.log(values.json ? JSON.stringify({ id }) : id)
  },
})
