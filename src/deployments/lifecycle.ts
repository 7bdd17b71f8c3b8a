import { deploymentAborted, deviceDecommissioned } from '../errors.ts'
import type { Refusal } from '../refusal.ts'
import { type DeviceStatus, isFinal, isPastDownload, type ReportedStatus } from './device-status.ts'
import { isRenewable } from './downloads.ts'
import type { TimeLimits } from './rollout/rules.ts'
import type { Confirmation } from './standing.ts'

/** A device in a deployment, as far as reports change it. */
export type Attempt = {
  status: DeviceStatus
  substate: string | null
  attempts: number
  /** The update has been offered, or reported on, since the last counted failure. */
  attempt_begun: boolean
  /** When the update was offered for this attempt. */
  attempt_since: string | null
  started: string | null
  finished: string | null
  /** The server derived the result from the polls of the device: a report of the device replaces it. */
  concluded_by_server: boolean
  /** When the device was found not to have ended, or not to have been confirmed, in time. Stays if it then fails. */
  timed_out: string | null
  /** Whether the device was heard from again after its success; null: that is not asked for. */
  confirmation: Confirmation | null
  /** When the time of the attempt, or for the confirmation, is over; null: it has no limit. */
  deadline: string | null
  /** What of the limit by attribute the download counts towards; null: the attempt was offered without limits. */
  download_key: string | null
  /** When the device was last heard from in its download; null: the download has ended, or does not count. */
  download_seen: string | null
}

/** `may_begin`: whether a device may begin another attempt. */
export type Rules = TimeLimits & { retries: number; now: string; may_begin: boolean }

/** `attempt`: the number of the attempt that it is about; absent: the protocol does not say. */
export type Report = { status: ReportedStatus; substate?: string | undefined; attempt?: number }

/** An abort ends every attempt of its deployment when it commits; the rows are written back later. */
export const withAbort = <Row extends Attempt>(
  row: Row,
  { was_aborted, finished }: { was_aborted: boolean; finished: string | null },
): Row => (row.finished === null && was_aborted ? { ...row, status: 'aborted', finished } : row)

/** Why a device may no longer report on a deployment: it was aborted, or the device decommissioned. */
export function reportRefusal({ status }: Pick<Attempt, 'status'>): Refusal | undefined {
  if (status === 'aborted') return deploymentAborted()
  if (status === 'decommissioned') return deviceDecommissioned()
  return undefined
}

/**
 * The next state of an attempt after a report. Reports may come in any order and more than once; a final status stays,
 * unless the server concluded it. A failure with a retry left returns to `pending`, once per attempt.
 */
export function applyReport<Row extends Attempt>(row: Row, report: Report, rules: Rules): Row {
  const { retries, now } = rules
  if (report.attempt !== undefined && report.attempt !== row.attempts) return row
  if (isFinal(row.status)) return row.concluded_by_server ? correct(row, report, rules) : row
  const { status, substate = row.substate ?? undefined } = report
  if (isRepeated(row, { status, substate }))
    return status === 'downloading' && isRenewable(row, now) ? { ...row, download_seen: now } : row
  const reported = { ...row, substate: substate ?? null, started: row.started ?? now }
  if (status === 'failure') {
    if (!row.attempt_begun) return row
    return row.attempts <= retries ? nextAttempt(reported, rules) : end(reported, status, rules)
  }
  if (isFinal(status)) return end({ ...reported, attempt_begun: true }, status, rules)
  // A report of an earlier attempt that arrives late must not begin the next one where a poll would not.
  if (!row.attempt_begun && (!rules.may_begin || row.download_key !== null)) return row
  return { ...begin(reported, rules), status, download_seen: downloadSeen(row, status, now) }
}

/** A download that counts does so until the device has all of it. */
const downloadSeen = ({ download_key }: Attempt, status: DeviceStatus, now: string): string | null =>
  download_key === null || isPastDownload(status) ? null : now

/**
 * The end of an attempt. A success that is to be confirmed has a deadline. A device that fails after it had not ended in
 * time has failed since then.
 */
function end<Row extends Attempt>(row: Row, status: DeviceStatus, { now, confirm_within_minutes }: Rules): Row {
  const timed_out = status === 'failure' ? row.timed_out : null
  const ended = { ...row, status, finished: now, timed_out, deadline: null, download_seen: null }
  if (status !== 'success' || confirm_within_minutes === undefined) return ended
  return { ...ended, confirmation: 'awaited', deadline: after(now, confirm_within_minutes) }
}

const after = (now: string, minutes: number) => new Date(Date.parse(now) + minutes * 60_000).toISOString()

/** When the time of an attempt that begins now is over. */
export const deadlineOf = ({ now, timeout_minutes }: Pick<Rules, 'now' | 'timeout_minutes'>): string | null =>
  timeout_minutes === undefined ? null : after(now, timeout_minutes)

/** The attempt begins when the device polls for it. */
const nextAttempt = <Row extends Attempt>(row: Row, rules: Pick<Rules, 'now' | 'timeout_minutes'>): Row => ({
  ...row,
  status: 'pending',
  attempts: row.attempts + 1,
  attempt_begun: false,
  timed_out: null,
  deadline: deadlineOf(rules),
  download_seen: null,
})

/** The row stays finished: the deployment may have finished, and the device may be working on the next one. */
function correct<Row extends Attempt>(row: Row, { status, substate }: Report, rules: Rules): Row {
  if (!isFinal(status)) return row
  const reported = { ...row, substate: substate ?? null, started: row.started ?? rules.now, concluded_by_server: false }
  return end(reported, status, rules)
}

/** Clients repeat a report up to three times. */
const isRepeated = (row: Attempt, { status, substate }: Report): boolean =>
  row.started !== null && row.attempt_begun && row.status === status && row.substate === (substate ?? null)

/** An attempt begins when the update is offered. */
export const begin = <Row extends Attempt>(row: Row, rules: Pick<Rules, 'now' | 'timeout_minutes'>): Row =>
  row.attempt_begun
    ? row
    : { ...row, attempt_begun: true, attempt_since: rules.now, timed_out: null, deadline: deadlineOf(rules) }

/**
 * A device sends one request at a time, so a poll that arrives after the reports of an attempt was sent after them,
 * unless it was delayed in the network. Of quicker restarts, every second or third counts, so that such a loop ends,
 * too.
 */
const SHORTEST_ATTEMPT_MS = 10_000

/** Whether a device polls because it lost the state of its attempt. */
export const isStartingOver = (
  { status, attempt_since }: Pick<Attempt, 'status' | 'attempt_since'>,
  now: string,
): boolean =>
  isPastDownload(status) &&
  Date.parse(now) - (attempt_since === null ? 0 : Date.parse(attempt_since)) >= SHORTEST_ATTEMPT_MS

/** The next state of an interrupted attempt: the next attempt, which has not begun, or a failure if none is left. */
export function startOver<Row extends Attempt>(row: Row, rules: Rules): Row {
  if (row.attempts > rules.retries)
    return end({ ...row, substate: STARTED_OVER, concluded_by_server: true }, 'failure', rules)
  return nextAttempt({ ...row, substate: null }, rules)
}

export const STARTED_OVER = 'started over'

/**
 * The next state once the deadline has passed. `heard_from`: when the device polled last. A device that waits for its
 * next attempt and polls is not silent, so its deadline moves.
 */
export function expire<Row extends Attempt>(row: Row, { now, timeout_minutes, heard_from }: Expiry): Row {
  if (row.deadline === null || row.deadline > now) return row
  if (row.status === 'success' && row.confirmation === 'awaited')
    return { ...row, deadline: null, confirmation: 'missed', timed_out: now }
  if (isFinal(row.status)) return { ...row, deadline: null }
  const next = heard_from === null ? null : deadlineOf({ now: heard_from, timeout_minutes })
  if (!row.attempt_begun && next !== null && next > now) return { ...row, deadline: next }
  return { ...row, timed_out: now, deadline: null }
}

type Expiry = { now: string; timeout_minutes: number | undefined; heard_from: string | null }

/** The device was heard from after its success, running the release. */
export const confirm = <Row extends Attempt>(row: Row): Row =>
  row.status === 'success' && (row.confirmation === 'awaited' || row.confirmation === 'missed')
    ? { ...row, confirmation: 'confirmed', deadline: null, timed_out: null }
    : row
