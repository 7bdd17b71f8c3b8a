import { createHash } from 'node:crypto'
import { canonicalJson } from '../../auth/identity.ts'
import type { FileWebhook } from '../../deployments/rollout-file.ts'
import { idOf } from '../remote/server.ts'
import { INTEGRATIONS, integrationOf } from '../webhooks/paths.ts'
import { type Context, refusal } from './context.ts'
import { additions, changeStep, differences, type Step } from './step.ts'

/** A webhook is identified by its URL. The server never returns a secret, so an existing one is not compared. */
export async function planWebhook(context: Context, webhook: FileWebhook): Promise<Step> {
  const { url, description, secret_env } = webhook
  const secret = readSecret(secret_env)
  const credentials = { type: 'http', http: { url, ...(secret === undefined ? {} : { secret }) } }
  const present = (await context.webhooks()).find((one) => one.credentials.http.url === url)
  const signed = { member: 'secret_env', after: secret_env }
  if (!present) {
    const changes = [...additions({ description: description || undefined }), ...(secret_env ? [signed] : [])]
    const run = () => create(context, { provider: 'webhook', description: description ?? '', credentials })
    return { kind: 'webhook', name: url, action: 'create', changes, run }
  }
  const { id } = present
  const described = differences(present, description === undefined ? {} : { description })
  const isSigned = present.credentials.http.secret !== undefined
  const signing = isSigned === (secret !== undefined) ? [] : [signed]
  const run = async () => {
    if (described.length > 0) await context.server.patch(integrationOf(id), { description })
    if (signing.length > 0) await context.server.put(`${INTEGRATIONS}/${id}/credentials`, credentials)
    return id
  }
  return changeStep('webhook', url, { changes: [...described, ...signing], run, id })
}

function readSecret(name: string | undefined): string | undefined {
  if (name === undefined) return undefined
  const secret = process.env[name]
  if (!secret) throw refusal(`The environment variable ${name} is not set.`, 'secret_env')
  return secret
}

/**
 * Of two pipelines of one user that create the same webhook, the idempotency key lets one do so, as no name does. A key
 * is remembered for a day, also if the webhook has been deleted since: then it is created with another one.
 */
async function create(context: Context, body: object): Promise<string> {
  const { server } = context
  const key = `muster-apply-${createHash('sha256').update(canonicalJson(body)).digest('hex')}`
  const id = idOf(await server.create(INTEGRATIONS, body, key))
  context.forget()
  const isThere = (await context.webhooks()).some((one) => one.id === id)
  return isThere ? id : idOf(await server.create(INTEGRATIONS, body))
}
