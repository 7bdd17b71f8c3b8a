import { DDI } from '../ddi/paths.ts'
import { remoteCommand } from '../remote/command.ts'
import { readSecret } from '../secret.ts'

export const createCommand = remoteCommand({
  summary: 'Create a gateway token, by which devices of the tenant authenticate by DDI',
  operands: 'NAME',
  help: `
  --gateway-token TOKEN  a token that you have already (a random one); - reads it from standard input

It is shown only now. "muster ddi settings" says whether devices may authenticate by these tokens.
`,
  options: { 'gateway-token': { type: 'string' } },
  async run({ server, values, words: [name = ''] }) {
    const token = await readSecret(values, 'gateway-token')
    const { body } = await server.create(`${DDI}/gateway_tokens`, { body: { name, token } })
    console.log(values.json ? JSON.stringify(body) : `Gateway token  ${body.token}`)
  },
})
