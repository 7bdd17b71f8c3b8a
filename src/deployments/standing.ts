import { type DeviceStatus, isFinal } from './device-status.ts'

/** How a device stands whose status does not say it; each device has at most one. */
export const STANDINGS = [
  // It has not ended in time. It counts as failed until it reports a result or begins another attempt.
  'timed_out',
  // It has failed, and has not begun the next attempt.
  'awaiting_retry',
  // It has succeeded, and is to poll again, running the release.
  'unconfirmed',
  // It has succeeded, and was not confirmed in time. It counts as failed.
  'confirmation_missed',
] as const
export type Standing = (typeof STANDINGS)[number]

/** Number of devices by standing. */
export type StandingCounts = Record<Standing, number>

export const noStandings = (): StandingCounts => ({
  ...{ timed_out: 0, awaiting_retry: 0, unconfirmed: 0, confirmation_missed: 0 },
})

export type Confirmation = 'awaited' | 'confirmed' | 'missed'

type Standings = {
  status: DeviceStatus
  attempt_begun: boolean
  timed_out: string | null
  confirmation: Confirmation | null
}

export function standingOf({ status, attempt_begun, timed_out, confirmation }: Standings): Standing | undefined {
  if (status === 'success') {
    if (confirmation === 'awaited') return 'unconfirmed'
    return confirmation === 'missed' ? 'confirmation_missed' : undefined
  }
  if (isFinal(status)) return undefined
  if (timed_out !== null) return 'timed_out'
  return attempt_begun ? undefined : 'awaiting_retry'
}

/** Since when the device counts as failed; undefined: it does not. */
export function failedSince(row: Standings & { finished: string | null }): string | undefined {
  const standing = standingOf(row)
  if (standing === 'timed_out' || standing === 'confirmation_missed') return row.timed_out ?? undefined
  return row.status === 'failure' ? (row.timed_out ?? row.finished ?? undefined) : undefined
}
