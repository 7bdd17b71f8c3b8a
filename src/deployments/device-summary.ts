import { type Static, Type } from 'typebox'
import { counted, whole } from '../texts/numbers.ts'
import { DEVICE_STATUS_STYLES } from '../texts/statuses.ts'
import type { AttemptSoFar } from './attempt-text.ts'
import { contentOf, DeploymentName } from './deployment-name.ts'
import type { DeviceStatus } from './device-status.ts'
import type { Explanation } from './explanation.ts'
import { withoutStop } from './rollout-texts.ts'
import { standingOf } from './standing.ts'

/** In the order in which an operator must know: what comes first keeps the rest from happening. */
const CODES = [
  ...(['not_accepted', 'silent', 'never_seen'] as const),
  ...(['awaits_user', 'timed_out', 'awaits_retry', 'in_progress'] as const),
  ...(['paused', 'waiting', 'blocked', 'next_poll'] as const),
  ...([
    'failed',
    'no_artifact',
    'downgrade',
    'unconfirmed',
    'aborted',
    'other_software',
    'up_to_date',
    'nothing',
  ] as const),
] as const

export const DeviceSummary = Type.Object(
  {
    code: Type.Unsafe<(typeof CODES)[number]>({
      ...{ type: 'string', enum: CODES },
      description: 'The state of the device, for programs',
    }),
    message: Type.String({ description: 'The state in one or two sentences' }),
    deployment: Type.Optional(DeploymentName),
    reason: Type.Optional(
      Type.String({
        description: 'With a `deployment` that the device waits for: the code of its explanation',
      }),
    ),
    log: Type.Optional(
      Type.Boolean({ description: 'With a `deployment` in which the device has failed: whether it has sent its log' }),
    ),
    shared_identity: Type.Optional(
      Type.Object(
        {
          noticed: Type.String({ format: 'date-time', description: 'When it was noticed last' }),
          by: Type.Enum(['keys', 'reports'], {
            description:
              '`keys`: another key asks for access, and the accepted one is in use, too; `reports`: what the device reports of its machine goes back and forth',
          }),
        },
        {
          title: 'SharedIdentity',
          description: 'Two machines that take turns under this identity; absent: not noticed',
        },
      ),
    ),
    concerning: Type.Integer({ description: 'Number of unfinished deployments that are for the device' }),
    others: Type.Integer({ description: 'Number of the other unfinished deployments' }),
  },
  { title: 'DeviceSummary', description: 'The state of a device in plain words' },
)
export type DeviceSummary = Static<typeof DeviceSummary>

/** The device in a deployment. `log`: whether it has sent one, and the reason of the failure by that log. */
export type Work = {
  deployment: DeploymentName
  row: AttemptSoFar & { finished: string | null }
  retries: number
  log: { reason: string | null } | undefined
}

export type DeviceSituation = {
  status: string
  check_in_time: string | null
  /** The software that the device reports. */
  runs: string | undefined
  /** The deployment that the device is working on. */
  current: (Work & { is_paused: boolean }) | undefined
  /** The newest deployment that the device has finished. */
  last: Work | undefined
  /** The oldest deployment that it is to get. */
  next: { deployment: DeploymentName; explanation: Explanation } | undefined
  now: string
}

type State = Pick<DeviceSummary, 'code' | 'message' | 'deployment' | 'reason' | 'log'>

/** A device that calls at least once a day is not silent. */
const SILENT_AFTER_MS = 24 * 60 * 60 * 1000

/** What a user must know first about the device. Times in the message are in UTC. */
export function summarize(situation: DeviceSituation): State {
  const { status, check_in_time, now } = situation
  if (status !== 'accepted') return { code: 'not_accepted', message: NOT_ACCEPTED[status] ?? 'It is not accepted.' }
  const state = stateOf(situation)
  if (check_in_time === null) return { ...state, ...{ code: 'never_seen', message: unseen(state) } }
  const days = Math.floor((Date.parse(now) - Date.parse(check_in_time)) / SILENT_AFTER_MS)
  if (days < 1) return state
  return { ...state, code: 'silent', message: `Silent for ${counted(days, 'day')}. Before that: ${lowerFirst(state)}` }
}

const NOT_ACCEPTED: Readonly<Record<string, string>> = {
  pending: 'Pending: accept it if you trust it. Until then it gets no updates.',
  rejected: 'Rejected: it gets no updates unless you accept it.',
  preauthorized: 'Preauthorized: it has not connected yet, and is accepted when it does.',
  noauth: 'It has no authentication set: once it connects again, it is pending.',
}

const unseen = ({ code, message }: State) =>
  code === 'nothing' ? 'Accepted, but not seen yet.' : `Accepted, but not seen yet. ${message}`

/** Names of releases and of deployments stay as they are. */
const lowerFirst = ({ message }: State) => message.charAt(0).toLowerCase() + message.slice(1)

function stateOf({ current, next, last, runs }: DeviceSituation): State {
  if (current) return { ...atWork(current), deployment: current.deployment }
  if (next) return { ...waiting(next), deployment: next.deployment, reason: next.explanation.code }
  if (last) return { ...ended(last, runs), deployment: last.deployment }
  const software = runs === undefined ? '' : `Runs ${runs}. `
  return { code: 'nothing', message: `${software}Nothing to install: no unfinished deployment is for this device.` }
}

const because = (reason: string | null | undefined) => (reason ? `: ${withoutStop(reason)}` : '')

const TIMES = ['never', 'once', 'twice']
const times = (count: number) => TIMES[count] ?? `${whole(count)} times`

const PAUSES: Partial<Record<DeviceStatus, string>> = {
  pause_before_installing: 'installing',
  pause_before_rebooting: 'rebooting',
  pause_before_committing: 'committing',
}

function atWork({ deployment, row, retries, log, is_paused }: NonNullable<DeviceSituation['current']>): State {
  const { name } = deployment
  const content = contentOf(deployment)
  const attempt = `attempt ${row.attempts} of ${retries + 1}`
  const pause = PAUSES[row.status]
  if (pause)
    return {
      code: 'awaits_user',
      message: `Paused before ${pause} ${content} in ${name}, until a user continues it.`,
    }
  const standing = standingOf(row)
  if (standing === 'timed_out')
    return {
      code: 'timed_out',
      message: `Not finished in time in ${name}: it counts as failed since ${row.timed_out}, until it reports a result.`,
    }
  if (standing === 'awaiting_retry' && row.attempts > 1) {
    const next = is_paused ? 'The deployment is paused' : `Next, at its next poll: ${attempt}`
    const message = `Failed ${times(row.attempts - 1)} in ${name}${because(log?.reason)}. ${next}.`
    return { code: 'awaits_retry', message, log: log !== undefined }
  }
  const doing = row.status === 'pending' ? 'Offered' : DEVICE_STATUS_STYLES[row.status].label
  const which = retries > 0 ? `, ${attempt}` : ''
  return { code: 'in_progress', message: `${doing} ${content} in ${name}${which}.` }
}

function waiting({ deployment, explanation }: NonNullable<DeviceSituation['next']>): State {
  const { name } = deployment
  const content = contentOf(deployment)
  const { code, message, until } = explanation
  const rest = message.charAt(0).toLowerCase() + message.slice(1)
  switch (code) {
    case 'paused':
      return { code: 'paused', message: `Waiting for ${name}, which is paused. ${message}` }
    case 'waits_for_phase':
    case 'waits_for_gate':
      return {
        code: 'waiting',
        message: `Waiting for ${phaseText(explanation)}${name}, which ${opening(explanation)}.`,
      }
    case 'waits_for_window':
      return { code: 'waiting', message: `Waiting for ${name}, until its hours begin${until ? ` at ${until}` : ''}.` }
    case 'quiet_hours':
      return { code: 'waiting', message: `Waiting for ${name}: quiet hours${until ? ` until ${until}` : ''}.` }
    case 'waits_for_poll':
      return { code: 'next_poll', message: `At its next poll, ${content} is offered in ${name}.` }
    case 'already_installed':
      return { code: 'next_poll', message: `Up to date with ${content}: ${name} ends for it at its next poll.` }
    case 'no_artifact':
    case 'downgrade':
    case 'limit_reached':
      return { code: 'blocked', message: `Not in ${name}: ${rest}` }
    case 'no_device_type':
      return { code: 'blocked', message: `Waiting for ${name}: ${rest}` }
    default:
      return { code: 'waiting', message: `Waiting for ${name}: ${rest}` }
  }
}

const phaseText = ({ phase }: Explanation) => (phase?.number === undefined ? '' : `phase ${phase.number} of `)

const GATES: Readonly<Record<string, string>> = {
  awaiting_approval: 'waits for an approval',
  awaiting_verdict: 'waits for a verdict',
}

/** When the phase opens, or what it waits for. */
function opening({ until, gate, code }: Explanation): string {
  const waits = gate && GATES[gate.state]
  if (waits) return waits
  if (until) return `starts at ${until}${gate?.state === 'soaking' ? ', if the devices before it keep succeeding' : ''}`
  return code === 'waits_for_gate' ? 'starts once enough devices before it have succeeded' : 'is full'
}

/** A success is up to date unless the device says otherwise. */
function ended({ deployment, row, log }: Work, runs: string | undefined): State {
  const { name, artifact_name, type } = deployment
  switch (row.status) {
    case 'failure':
      return {
        ...{ code: 'failed', log: log !== undefined },
        message: `Failed ${times(row.attempts)} in ${name}${because(log?.reason || row.substate)}.`,
      }
    case 'noartifact':
      return row.substate
        ? { code: 'downgrade', message: `Not updated in ${name}: ${row.substate}.` }
        : {
            code: 'no_artifact',
            message: `Not updated in ${name}: ${artifact_name} has no artifact for this device type.`,
          }
    case 'aborted':
      return { code: 'aborted', message: `Not updated in ${name}, which was aborted.` }
  }
  if (type === 'configuration')
    return { code: 'up_to_date', message: 'Has installed the configuration that was deployed.' }
  const standing = standingOf(row)
  if (standing === 'confirmation_missed')
    return { code: 'failed', message: `Updated in ${name}, but not confirmed in time: it counts as failed.` }
  if (standing === 'unconfirmed')
    return { code: 'unconfirmed', message: `Updated to ${artifact_name}, to be confirmed by its next poll.` }
  if (runs !== undefined && runs !== artifact_name)
    return {
      code: 'other_software',
      message: `Updated to ${artifact_name} in ${name}, but reports that it runs ${runs}.`,
    }
  return { code: 'up_to_date', message: `Up to date with ${artifact_name}.` }
}
