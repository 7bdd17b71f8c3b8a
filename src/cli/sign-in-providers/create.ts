import { optional, required } from '../command.ts'
import { remoteCommand } from '../remote/command.ts'
import { providerFacts } from './facts.ts'
import { PROVIDER, PROVIDERS } from './paths.ts'
import { RULE_OPTIONS, RULES_HELP, readRules } from './rules.ts'

export const createCommand = remoteCommand({
  summary: 'Create a sign-in provider, by whose accounts users sign in (OpenID Connect)',
  operands: 'NAME',
  help: `
  --id ID                  part of the addresses to register, such as keycloak (a random one)
  --issuer URL             issuer, as the provider documents it
  --client-id ID           ID of Muster as a client of the provider
${RULES_HELP}
It prints the addresses that are to be registered at the provider.
`,
  options: { id: { type: 'string' }, issuer: { type: 'string' }, 'client-id': { type: 'string' }, ...RULE_OPTIONS },
  async run({ server, values, words: [name = ''] }) {
    const { roles_claim, ...rules } = await readRules(values)
    const given_id = optional(values, 'id')
    const body = {
      ...(given_id && { id: given_id }),
      ...{ name, issuer: required(values, 'issuer'), client_id: required(values, 'client-id'), ...rules },
      ...(roles_claim && { roles_claim }),
    }
    const { id } = await server.create(PROVIDERS, { body })
    const { body: provider } = await server.get(PROVIDER, { path: { id } })
    console.log(values.json ? JSON.stringify(provider) : providerFacts(provider))
  },
})
