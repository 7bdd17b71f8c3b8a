import { deploymentAborted, deviceDecommissioned } from '../errors.ts'
import type { Refusal } from '../refusal.ts'
import { type DeviceStatus, isFinal, isPastDownload, type ReportedStatus } from './device-status.ts'

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
}

type Rules = { retries: number; now: string }

export type Report = { status: ReportedStatus; substate?: string | undefined }

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
export function applyReport<Row extends Attempt>(row: Row, report: Report, { retries, now }: Rules): Row {
  if (isFinal(row.status)) return row.concluded_by_server ? correct(row, report, now) : row
  const { status, substate = row.substate ?? undefined } = report
  if (isRepeated(row, { status, substate })) return row
  const reported = { ...row, substate: substate ?? null, started: row.started ?? now }
  if (status !== 'failure') return { ...begin(reported, now), status, finished: isFinal(status) ? now : null }
  if (!row.attempt_begun) return row
  return row.attempts <= retries ? nextAttempt(reported) : { ...reported, status, finished: now }
}

/** The attempt begins when the device polls for it. */
const nextAttempt = <Row extends Attempt>(row: Row): Row => ({
  ...row,
  status: 'pending',
  attempts: row.attempts + 1,
  attempt_begun: false,
})

/** The row stays finished: the deployment may have finished, and the device may be working on the next one. */
function correct<Row extends Attempt>(row: Row, { status, substate }: Report, now: string): Row {
  if (!isFinal(status)) return row
  const reported = { status, substate: substate ?? null, started: row.started ?? now }
  return { ...row, ...reported, finished: now, concluded_by_server: false }
}

/** Clients repeat a report up to three times. */
const isRepeated = (row: Attempt, { status, substate }: Report): boolean =>
  row.started !== null && row.attempt_begun && row.status === status && row.substate === (substate ?? null)

/** An attempt begins when the update is offered. */
export const begin = <Row extends Attempt>(row: Row, now: string): Row =>
  row.attempt_begun ? row : { ...row, attempt_begun: true, attempt_since: now }

/**
 * A device sends one request at a time, so a poll that arrives after the reports of an attempt was sent after them,
 * unless it was delayed in the network. Of quicker restarts, every second or third counts, so that such a loop ends,
 * too.
 */
const SHORTEST_ATTEMPT_MS = 10_000

/** Whether a device polls because it lost the state of its attempt. */
export const isStartingOver = ({ status, attempt_since }: Attempt, now: string): boolean =>
  isPastDownload(status) &&
  Date.parse(now) - (attempt_since === null ? 0 : Date.parse(attempt_since)) >= SHORTEST_ATTEMPT_MS

/** The next state of an interrupted attempt: the next attempt, or a failure if none is left. */
export function startOver<Row extends Attempt>(row: Row, { retries, now }: Rules): Row {
  if (row.attempts > retries)
    return { ...row, status: 'failure', substate: STARTED_OVER, finished: now, concluded_by_server: true }
  return begin(nextAttempt({ ...row, substate: null }), now)
}

export const STARTED_OVER = 'started over'
