import { conflict, type Refusal } from '../errors.ts'
import { type DeviceStatus, isFinal, type ReportedStatus } from './device-status.ts'

/** A device within a deployment, as far as reports move it. */
export type Attempt = {
  status: DeviceStatus
  substate: string | null
  attempts: number
  /** Handed out or reported on since the last counted failure. */
  attempt_begun: boolean
  started: string | null
  finished: string | null
}

export type Report = { status: ReportedStatus; substate?: string | undefined }

/** An abort ends every attempt of its deployment as it commits; rows say so later. */
export const settled = <Row extends Attempt>(
  row: Row,
  { was_aborted, finished }: { was_aborted: boolean; finished: string | null },
): Row => (row.finished === null && was_aborted ? { ...row, status: 'aborted', finished } : row)

/** Why a device may no longer report on a deployment that was taken from it. */
export function takenAway({ status }: Pick<Attempt, 'status'>): Refusal | undefined {
  if (status === 'aborted') return conflict('Deployment aborted')
  if (status === 'decommissioned') return conflict('Device decommissioned')
  return undefined
}

/**
 * What a report makes of an attempt. Reports may come in any order and more than once; a final status stays. A failure
 * with a retry left goes back to `pending`, once per attempt.
 */
export function applyReport<Row extends Attempt>(
  row: Row,
  { status, substate = row.substate ?? undefined }: Report,
  { retries, now }: { retries: number; now: string },
): Row {
  if (isFinal(row.status) || isRepeated(row, { status, substate })) return row
  const reported = { ...row, substate: substate ?? null, started: row.started ?? now }
  if (status !== 'failure') return { ...reported, status, attempt_begun: true, finished: isFinal(status) ? now : null }
  if (!row.attempt_begun) return row
  if (row.attempts <= retries)
    return { ...reported, status: 'pending', attempts: row.attempts + 1, attempt_begun: false }
  return { ...reported, status, finished: now }
}

/** Clients say the same up to three times. */
const isRepeated = (row: Attempt, { status, substate }: Report): boolean =>
  row.started !== null && row.attempt_begun && row.status === status && row.substate === (substate ?? null)
