import { ServerError } from '../../client/server-error.ts'

type Request = { path: string; body?: unknown }

/** Error texts of the API that do not say what to do, and the sentences that replace them. */
const SENTENCES: readonly [RegExp, (request: Request, found: RegExpExecArray) => string][] = [
  [/^ID is not a valid UUID$/, ({ path }) => `"${idIn(path)}" is not an ID. ${whereToLook(path)}`],
  [
    /^(Resource|Device|device) not found$/,
    ({ path }) => `There is nothing with the ID "${idIn(path)}". ${whereToLook(path)}`,
  ],
  [
    /^No artifact for the deployment$/,
    ({ body }) =>
      `There is no release "${memberOf(body, 'artifact_name')}". Run "muster artifacts list" to see the releases.`,
  ],
  [
    /^No devices for the deployment$/,
    () => 'The deployment has no target devices. Run "muster devices list --status accepted" to see devices.',
  ],
  [
    /^Attempt to create a batch with zero devices not allowed\. Batch: \((\d+)\) will be empty$/,
    (_request, [, phase]) => `Phase ${phase} would have no devices: increase its percentage, or leave it out.`,
  ],
  [
    /^Artifact is used in active deployment$/,
    () => 'The artifact is used by an unfinished deployment: wait until it is finished, or abort it.',
  ],
  [
    /^an artifact with the same name and depends already exists$/,
    () => 'An artifact of this release for these device types already exists: delete it first, or use another name.',
  ],
]

/** The same error, with a sentence that says what to do. */
export function explainRefusal(error: unknown, request: Request): unknown {
  if (!(error instanceof ServerError) || error.status === undefined) return error
  if (error.status === 401)
    return new ServerError(
      'The server does not accept the token (invalid, expired or revoked). Run "muster login" or set MUSTER_TOKEN.',
      401,
    )
  for (const [text, sentence] of SENTENCES) {
    const found = text.exec(error.message)
    if (found) return new ServerError(sentence(request, found), error.status)
  }
  return error
}

const LISTS = ['deployments', 'artifacts', 'devices', 'filters']

/** In `/api/management/v1/deployments/artifacts/ID`, the list is `artifacts`. */
const partsOf = (path: string) => (path.split('?')[0] ?? '').split('/').map(decodeURIComponent)

const listIn = (path: string): string | undefined => partsOf(path).findLast((part) => LISTS.includes(part))

function idIn(path: string): string {
  const parts = partsOf(path)
  return parts[parts.findLastIndex((part) => LISTS.includes(part)) + 1] ?? ''
}

const whereToLook = (path: string): string => `Run "muster ${listIn(path) ?? 'deployments'} list" to see the IDs.`

const memberOf = (body: unknown, name: string): string =>
  String((body as Record<string, unknown> | undefined)?.[name] ?? '')
