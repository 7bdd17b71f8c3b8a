import type { Integration } from '../../client/api.ts'
import type { FileWebhook } from '../../deployments/rollout-file.ts'
import { EVENT_TYPES } from '../../webhooks/webhook-event.ts'
import { INTEGRATION, INTEGRATION_V2, INTEGRATIONS } from '../webhooks/paths.ts'
import { type Context, refusal } from './context.ts'
import { additions, changeStep, differences, type MemberChange, type Step } from './step.ts'

/** A webhook is identified by its URL. The server never returns a secret, so two are not compared. */
export async function planWebhook(context: Context, webhook: FileWebhook): Promise<Step> {
  const { url, secret_env } = webhook
  const secret = readSecret(secret_env)
  const credentials = { type: 'http', http: { url, ...(secret === undefined ? {} : { secret }) } } as const
  const present = (await context.webhooks()).find((one) => one.credentials.http.url === url)
  const { server } = context
  const content = contentOf(webhook)
  if (!present) {
    // Of pipelines that create the same one at the same time, one does, although webhooks have no name.
    const body = { provider: 'webhook', ...content, credentials, unique_url: true } as const
    const run = async () => (await server.create(INTEGRATIONS, { body })).id
    return { kind: 'webhook', name: url, action: 'create', changes: additions({ ...content, secret_env }), run }
  }
  const changes = differences(present, content)
  const isSigned = present.credentials.http.secret !== undefined
  const signature: MemberChange[] =
    isSigned === (secret !== undefined) ? [] : [{ member: 'secret_env', after: secret_env }]
  const { id } = present
  return changeStep('webhook', url, {
    ...{ changes: [...changes, ...signature], id },
    async run() {
      if (changes.length > 0) await server.patch(INTEGRATION_V2, { path: { id }, body: content })
      if (signature.length > 0) await server.put(`${INTEGRATION}/credentials`, { path: { id }, body: credentials })
      return id
    },
  })
}

/** What is declared; other members stay as they are. */
const contentOf = ({ description, format, events }: FileWebhook): Partial<Integration> => ({
  ...(description === undefined ? {} : { description }),
  ...(format === undefined ? {} : { format }),
  ...(events === undefined ? {} : { events: EVENT_TYPES.filter((type) => events.includes(type)) }),
})

function readSecret(name: string | undefined): string | undefined {
  if (name === undefined) return undefined
  const secret = process.env[name]
  if (!secret) throw refusal(`The environment variable ${name} is not set.`, 'secret_env')
  return secret
}
