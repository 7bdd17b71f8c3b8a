import { remoteCommand } from '../remote/command.ts'
import { providerFacts } from './facts.ts'
import { PROVIDER } from './paths.ts'

export const showCommand = remoteCommand({
  summary: 'Show a sign-in provider, with the addresses to register there',
  operands: 'ID',
  help: '',
  async run({ server, values, words: [id = ''] }) {
    const { body: provider } = await server.get(PROVIDER, { path: { id } })
    console.log(values.json ? JSON.stringify(provider) : providerFacts(provider))
  },
})
