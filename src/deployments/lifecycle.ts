import { deploymentAborted, deviceDecommissioned } from '../errors.ts'
import type { Refusal } from '../refusal.ts'
import { type DeviceStatus, isFinal, isPastDownload, type ReportedStatus } from './device-status.ts'

/** A device within a deployment, as far as reports move it. */
export type Attempt = {
  status: DeviceStatus
  substate: string | null
  attempts: number
  /** Handed out or reported on since the last counted failure. */
  attempt_begun: boolean
  /** When the attempt was handed out. */
  attempt_since: string | null
  started: string | null
  finished: string | null
  /** The end is what the server made of the device's questions: a report of another one takes its place. */
  concluded_by_server: boolean
}

type Rules = { retries: number; now: string }

export type Report = { status: ReportedStatus; substate?: string | undefined }

/** An abort ends every attempt of its deployment as it commits; rows say so later. */
export const withAbort = <Row extends Attempt>(
  row: Row,
  { was_aborted, finished }: { was_aborted: boolean; finished: string | null },
): Row => (row.finished === null && was_aborted ? { ...row, status: 'aborted', finished } : row)

/** Why a device may no longer report on a deployment that was taken from it. */
export function takenAway({ status }: Pick<Attempt, 'status'>): Refusal | undefined {
  if (status === 'aborted') return deploymentAborted()
  if (status === 'decommissioned') return deviceDecommissioned()
  return undefined
}

/**
 * What a report makes of an attempt. Reports may come in any order and more than once; a final status stays, unless the
 * server concluded it. A failure with a retry left goes back to `pending`, once per attempt.
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

/** It begins when the device asks for it. */
const nextAttempt = <Row extends Attempt>(row: Row): Row => ({
  ...row,
  status: 'pending',
  attempts: row.attempts + 1,
  attempt_begun: false,
})

/** The row stays finished: its deployment may be over, and the device in the middle of the next one. */
function correct<Row extends Attempt>(row: Row, { status, substate }: Report, now: string): Row {
  if (!isFinal(status)) return row
  const reported = { status, substate: substate ?? null, started: row.started ?? now }
  return { ...row, ...reported, finished: now, concluded_by_server: false }
}

/** Clients say the same up to three times. */
const isRepeated = (row: Attempt, { status, substate }: Report): boolean =>
  row.started !== null && row.attempt_begun && row.status === status && row.substate === (substate ?? null)

/** An attempt begins when it is handed out. */
export const begin = <Row extends Attempt>(row: Row, now: string): Row =>
  row.attempt_begun ? row : { ...row, attempt_begun: true, attempt_since: now }

/**
 * A device asks one thing at a time, so a question that comes after the reports of an attempt was sent after them, but for
 * one that was held up on its way. Of restarts in quicker succession every second or third counts, so that they end, too.
 */
const SHORTEST_ATTEMPT_MS = 10_000

/** Whether a device that asks for its next update does so because it lost what it was doing. */
export const isStartingOver = ({ status, attempt_since }: Attempt, now: string): boolean =>
  isPastDownload(status) &&
  Date.parse(now) - (attempt_since === null ? 0 : Date.parse(attempt_since)) >= SHORTEST_ATTEMPT_MS

/** What is left of an attempt that was interrupted: the next one, or a failure where there is none. */
export function startOver<Row extends Attempt>(row: Row, { retries, now }: Rules): Row {
  if (row.attempts > retries)
    return { ...row, status: 'failure', substate: STARTED_OVER, finished: now, concluded_by_server: true }
  return begin(nextAttempt({ ...row, substate: null }), now)
}

export const STARTED_OVER = 'started over'
