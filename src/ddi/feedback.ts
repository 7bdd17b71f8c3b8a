import { type Static, Type } from 'typebox'
import type { LogMessage } from '../deployments/device-log.ts'
import type { Report } from '../deployments/lifecycle.ts'
import { cut } from '../text.ts'

const EXECUTIONS = [
  ...(['closed', 'proceeding', 'canceled', 'scheduled', 'rejected', 'resumed', 'download', 'downloaded'] as const),
] as const
const RESULTS = ['success', 'failure', 'none'] as const

/** Clients leave out all but these two members, and send others in several forms, which are not read. */
export const Feedback = Type.Object(
  {
    status: Type.Object(
      {
        execution: Type.Enum([...EXECUTIONS], { description: 'How far the device is' }),
        result: Type.Optional(
          Type.Object(
            { finished: Type.Optional(Type.Enum([...RESULTS], { description: 'The result, once there is one' })) },
            { description: 'The result' },
          ),
        ),
        details: Type.Optional(Type.Unknown({ description: 'Messages for the log: a list of texts' })),
      },
      { description: 'How far the device is' },
    ),
  },
  { title: 'DdiFeedback', description: 'What a device says about an action' },
)
export type Feedback = Static<typeof Feedback>

/** What a feedback means: the report of a device that goes on working or has ended, or that it has stopped. */
export type Meaning =
  | { kind: 'working'; report: Report }
  | { kind: 'ended'; report: Report }
  /** The device confirms that it has canceled. */
  | { kind: 'canceled' }

const MAX_SUBSTATE_LENGTH = 200

/** `downloaded`: whether the device has all bytes of the artifact. */
export function meaningOf({ status }: Feedback, { downloaded }: { downloaded: boolean }): Meaning {
  const { execution, result = {} } = status
  const last = messagesOf(status.details).at(-1)
  const substate = last === undefined ? last : cut(last, MAX_SUBSTATE_LENGTH)
  switch (execution) {
    case 'closed':
      return { kind: 'ended', report: { status: result.finished === 'failure' ? 'failure' : 'success', substate } }
    case 'canceled':
      return { kind: 'canceled' }
    case 'download':
    case 'downloaded':
      return { kind: 'working', report: { status: 'downloading', substate } }
    default:
      return { kind: 'working', report: { status: downloaded ? 'installing' : 'downloading', substate } }
  }
}

/** The longest messages of a log, and the most of one feedback. */
const MAX_MESSAGE_LENGTH = 4096
const MAX_MESSAGES = 1000

/** The details of a feedback that are worth a line of the log. */
const messagesOf = (details: unknown): string[] =>
  [details ?? []]
    .flat()
    .filter((detail) => typeof detail === 'string' && detail.trim() !== '')
    .slice(-MAX_MESSAGES)
    .map((detail) => cut(detail as string, MAX_MESSAGE_LENGTH))

/** The same as lines of the log. */
export const logLinesOf = (
  { status: { details } }: Feedback,
  line: Pick<LogMessage, 'timestamp' | 'level'>,
): LogMessage[] => messagesOf(details).map((message) => ({ ...line, message }))
