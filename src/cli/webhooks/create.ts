import { optional } from '../command.ts'
import { remoteCommand } from '../remote/command.ts'
import { idOf } from '../remote/server.ts'
import { readSecret } from '../secret.ts'
import { INTEGRATIONS } from './paths.ts'

export const createCommand = remoteCommand({
  summary: 'Create a webhook: a URL that is sent what happens to devices and deployments',
  operands: 'URL',
  help: `
  --secret HEX          key of the signatures, in hexadecimal; - reads it from standard input
  --description TEXT    what it is for
`,
  options: { secret: { type: 'string' }, description: { type: 'string' } },
  async run({ server, values, words: [url = ''] }) {
    const secret = await readSecret(values, 'secret')
    const credentials = { type: 'http', http: { url, secret } }
    const description = optional(values, 'description')
    const id = idOf(await server.create(INTEGRATIONS, { provider: 'webhook', description, credentials }))
    console.log(values.json ? JSON.stringify({ id }) : id)
  },
})
