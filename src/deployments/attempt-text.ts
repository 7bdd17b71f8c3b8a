import { DEVICE_STATUS_STYLES } from '../texts/statuses.ts'
import type { DeviceStatus } from './device-status.ts'
import { type Attempt, STARTED_OVER } from './lifecycle.ts'

export type AttemptSoFar = Omit<
  Attempt,
  'attempt_since' | 'started' | 'finished' | 'download_key' | 'download_seen'
> & {
  phase_index: number | null
}

/** Statuses of devices that never attempt an installation. */
const WITHOUT_ATTEMPT: readonly DeviceStatus[] = ['noartifact', 'already-installed']

/** The state of a device in a deployment: `Assigned in phase 2 · installing the update · attempt 1 of 3`. */
export function attemptText(attempt: AttemptSoFar, { phases, retries }: { phases: number; retries: number }): string {
  const { status, attempts, phase_index } = attempt
  const phase = phases > 1 && phase_index !== null ? ` in phase ${phase_index + 1}` : ''
  const isCounted = retries > 0 && !WITHOUT_ATTEMPT.includes(status)
  return [`Assigned${phase}`, meaningOf(attempt), ...(isCounted ? [`attempt ${attempts} of ${retries + 1}`] : [])].join(
    ' · ',
  )
}

const meaningOf = ({ status, substate, concluded_by_server }: AttemptSoFar): string =>
  concluded_by_server && substate === STARTED_OVER
    ? 'failed: it started over while installing; a later report of the device replaces this'
    : status === 'noartifact' && substate
      ? `not updated: ${substate}`
      : DEVICE_STATUS_STYLES[status].description
