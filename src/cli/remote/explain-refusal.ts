import type { ErrorCode } from '../../client/api.ts'
import { ServerError } from '../../client/server-error.ts'

type Request = { path: string; body?: unknown }
type Explain = (request: Request, refusal: ServerError) => string

type List = 'deployments' | 'artifacts' | 'devices' | 'gateway_tokens' | 'integrations' | 'sign_in_providers'

const notFoundIn =
  (list: List): Explain =>
  ({ path }) =>
    `There is nothing with the ID "${idIn(path, list)}". ${whereToLook(list)}`

/** Refusals whose texts do not say what to do: the sentence that does, with values of the request. */
const SENTENCES: Partial<Record<ErrorCode, Explain>> = {
  unauthorized: () =>
    'The server does not accept the token (invalid, expired or revoked). Run "muster login" or set MUSTER_TOKEN.',
  // IDs of devices may be any text.
  invalid_id({ path }) {
    const lists: List[] = ['artifacts', 'integrations']
    const list = lists.find((one) => partsOf(path).includes(one)) ?? 'deployments'
    return `"${idIn(path, list)}" is not an ID. ${whereToLook(list)}`
  },
  device_not_found: notFoundIn('devices'),
  deployment_not_found: notFoundIn('deployments'),
  artifact_not_found: notFoundIn('artifacts'),
  gateway_token_not_found: notFoundIn('gateway_tokens'),
  integration_not_found: notFoundIn('integrations'),
  sign_in_provider_not_found: notFoundIn('sign_in_providers'),
  delivery_not_found: ({ path }) =>
    `The webhook was not to be sent that event, or it has been removed. Run "muster webhooks deliveries ${idIn(path, 'integrations')}" to see the events.`,
  release_not_found: ({ body }, { field }) =>
    `There is no release "${memberOf(body, ...releaseIn(field))}". Run "muster artifacts list" to see the releases.`,
  no_devices: () => 'The deployment has no target devices. Run "muster devices list --status accepted" to see devices.',
  empty_phase: (_request, { field = '' }) => {
    const [, index, member] = field.split('.')
    const remedy = member === 'batch_size' ? 'increase its percentage' : 'name devices that are targets'
    return `Phase ${Number(index) + 1} would have no devices: ${remedy}, or leave it out.`
  },
  artifact_in_use: () => 'The artifact is used by an unfinished deployment: wait until it is finished, or abort it.',
  artifact_exists: () =>
    'An artifact of this release for these device types already exists: delete it first, or use another name.',
}

/** The same error, with a sentence that says what to do. */
export function explainRefusal(error: unknown, request: Request): unknown {
  if (!(error instanceof ServerError) || !error.code) return error
  const explain = SENTENCES[error.code]
  return explain ? error.saying(explain(request, error)) : error
}

/** Lists whose command has another name. */
const COMMANDS: Partial<Record<List, string>> = {
  gateway_tokens: 'gateway-tokens',
  integrations: 'webhooks',
  sign_in_providers: 'sign-in-providers',
}

const partsOf = (path: string) => (path.split('?')[0] ?? '').split('/').map(decodeURIComponent)

/**
 * In `/api/management/v1/deployments/deployments/ID/devices/DEVICE` there are two; the ID of a configuration comes after
 * `device`.
 */
function idIn(path: string, list: List): string {
  const parts = partsOf(path)
  const names: string[] = list === 'devices' ? [list, 'device'] : [list]
  return parts[parts.findLastIndex((part) => names.includes(part)) + 1] ?? ''
}

const whereToLook = (list: List): string => `Run "muster ${COMMANDS[list] ?? list} list" to see the IDs.`

const memberOf = (body: unknown, ...path: string[]): string =>
  String(path.reduce((value, name) => (value as Record<string, unknown> | undefined)?.[name], body) ?? '')

/** The member of a request that names the release: its field if it is another than that of the deployment. */
const releaseIn = (field = 'artifact_name'): string[] => field.split('.')
