import type { Provider } from '../../auth/provider.ts'
import { remoteCommand } from '../remote/command.ts'
import { providerFacts } from './facts.ts'
import { providerPath } from './paths.ts'

export const showCommand = remoteCommand({
  summary: 'Show a sign-in provider, with the addresses to register there',
  operands: 'ID',
  help: '',
  async run({ server, values, words: [id = ''] }) {
    const provider: Provider = (await server.get(providerPath(id))).body
    console.log(values.json ? JSON.stringify(provider) : providerFacts(provider))
  },
})
