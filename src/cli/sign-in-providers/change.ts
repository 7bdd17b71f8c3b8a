import { optional, UsageError } from '../command.ts'
import { remoteCommand } from '../remote/command.ts'
import { providerFacts } from './facts.ts'
import { PROVIDER } from './paths.ts'
import { RULE_OPTIONS, RULES_HELP, readRules, toChange } from './rules.ts'

export const changeCommand = remoteCommand({
  summary: 'Change a sign-in provider',
  operands: 'ID',
  help: `
  --name NAME              name on the button
  --issuer URL             issuer; the sessions that the provider has opened end
  --client-id ID           ID of the client; the sessions that the provider has opened end
${RULES_HELP}
What no option gives stays as it is.
`,
  options: {
    ...{ name: { type: 'string' }, issuer: { type: 'string' }, 'client-id': { type: 'string' } },
    ...RULE_OPTIONS,
  },
  async run({ server, values, words: [id = ''] }) {
    const rules = await readRules(values)
    const [name, issuer, client_id] = [
      optional(values, 'name'),
      optional(values, 'issuer'),
      optional(values, 'client-id'),
    ]
    const changes = { ...(name && { name }), ...(issuer && { issuer }), ...(client_id && { client_id }), ...rules }
    if (Object.keys(changes).length === 0) throw new UsageError('Give an option that says what to change')
    const path = { id }
    const { body: before } = await server.get(PROVIDER, { path })
    await server.put(PROVIDER, { path, body: toChange({ ...before, ...changes }) })
    const { body: provider } = await server.get(PROVIDER, { path })
    console.log(values.json ? JSON.stringify(provider) : providerFacts(provider))
  },
})
