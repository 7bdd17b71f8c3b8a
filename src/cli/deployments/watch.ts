import { setTimeout as sleep } from 'node:timers/promises'
import { ServerError } from '../../client/server-error.ts'
import { type Options, optional, UsageError, type Values } from '../command.ts'
import { readDuration } from '../duration.ts'
import { openScreen } from '../progress/screen.ts'
import { watchDeployment } from '../progress/watch.ts'
import { remoteCommand } from '../remote/command.ts'
import type { Server } from '../remote/server.ts'
import { EXIT_CODES, hasOutcome, outcomeOf } from './outcome.ts'
import { DEPLOYMENT } from './paths.ts'

export const WATCH_OPTIONS = { timeout: { type: 'string' }, every: { type: 'string' } } satisfies Options
export const WATCH_HELP = `\
  --timeout DURATION    stop watching after this time, such as 30m; the deployment continues
  --every DURATION      polling interval (2s)`

const EVERY_MS = 2000
/** How long the server may be unavailable, for example during an upgrade. */
const MAX_OUTAGE_MS = 120_000
/** The longest delay of a Node.js timer. */
const MAX_DELAY_MS = 2_147_483_647

export const watchCommand = remoteCommand({
  summary: 'Watch a deployment until it is finished or waits for a decision',
  operands: 'ID',
  help: `
${WATCH_HELP}

Exit codes:
  0  finished without failures
  1  the server rejected the request or cannot be reached
  ${EXIT_CODES.failed}  a device failed, or no device runs the release
  ${EXIT_CODES.aborted}  aborted, by a user or by its failure policy
  ${EXIT_CODES.timeout}  timeout reached
  ${EXIT_CODES.tripped}  paused by its failure policy or the verdict of a program, until a user resumes it
  ${EXIT_CODES.approval}  the next phase waits for the approval of a user

While a user has paused the deployment, or a phase waits for anything else, watching continues. With --json, only the
final state of the deployment is printed.
`,
  options: WATCH_OPTIONS,
  run: ({ server, values, words: [id = ''] }) => watch(server, id, readWatch(values)),
})

export type Watch = { timeout_ms: number | undefined; every_ms: number; json: boolean }

export const readWatch = (values: Values): Watch => ({
  timeout_ms: durationOf(values, 'timeout'),
  every_ms: durationOf(values, 'every') ?? EVERY_MS,
  json: values.json === true,
})

function durationOf(values: Values, name: string): number | undefined {
  const text = optional(values, name)
  if (text === undefined) return undefined
  const ms = readDuration(text)
  if (ms && ms <= MAX_DELAY_MS) return ms
  throw new UsageError(`--${name} must be a duration such as 90s, 30m or 2h, of at most 24d`)
}

/** Shows the deployment until it has an outcome or the timeout is reached. Returns the exit code. */
export async function watch(server: Server, id: string, { timeout_ms, every_ms, json }: Watch): Promise<number> {
  const read = async () => (await server.get(DEPLOYMENT, { path: { id } })).body
  let latest = await read()
  if (latest.status !== 'finished' && latest.dynamic && !latest.max_devices)
    console.error('This deployment has no device limit: it runs until it is aborted.')
  const draw = json ? () => {} : openScreen()
  const signal = timeout_ms === undefined ? new AbortController().signal : AbortSignal.timeout(timeout_ms)
  const ended = await watchDeployment({
    read: retrying(read, { every_ms, signal }),
    show: (deployment, options) => {
      latest = deployment
      draw(deployment, options)
    },
    ...{ every_ms, signal, ends: hasOutcome },
  })
  if (json) console.log(JSON.stringify(latest))
  const { exit_code, sentence } = outcomeOf(ended, id)
  if (exit_code !== 0) console.error(sentence)
  else if (!json) console.log(sentence)
  return exit_code
}

/** Retries `read` during a short outage of the server. */
const retrying =
  <Result>(read: () => Promise<Result>, { every_ms, signal }: { every_ms: number; signal: AbortSignal }) =>
  async (): Promise<Result> => {
    for (const deadline = Date.now() + MAX_OUTAGE_MS; ; ) {
      try {
        return await read()
      } catch (error) {
        const isUnavailable = error instanceof ServerError && (error.status === undefined || error.status >= 500)
        if (!isUnavailable || signal.aborted || Date.now() > deadline) throw error
      }
      await sleep(every_ms, undefined, { signal }).catch(() => {})
    }
  }
