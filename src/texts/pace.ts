import { counted, whole } from './numbers.ts'
import { upcomingBetween } from './times.ts'

type Pace = {
  devices_per_hour: number
  remaining?: number
  earliest_end?: string
  latest_end?: string
  unknown?: 'finished' | 'no_limit' | 'scheduled' | 'paused' | 'held' | 'no_progress'
}

/** `120 devices an hour, 1,000 remain. At the pace of the last hours it ends in 6 to 9 hours.` */
export function paceText(
  { devices_per_hour, remaining, earliest_end, latest_end, unknown }: Pace,
  now: number,
): string {
  const rate = `${counted(Math.round(devices_per_hour), 'device')} an hour`
  const left = remaining === undefined ? '' : `, ${whole(remaining)} ${remaining === 1 ? 'remains' : 'remain'}`
  if (unknown) return UNKNOWN[unknown](rate, left)
  if (!earliest_end || !latest_end) return `${rate}${left}.`
  const end = upcomingBetween(earliest_end, latest_end, now)
  return `${rate}${left}. At the pace of the last hours it ends ${end}.`
}

const UNKNOWN: Record<NonNullable<Pace['unknown']>, (rate: string, left: string) => string> = {
  finished: () => '',
  no_limit: (rate) => `${rate}. The deployment has no limit: it runs until it is aborted.`,
  scheduled: () => 'The deployment has not begun.',
  paused: (rate, left) => `${rate}${left}. The end depends on when it is resumed.`,
  held: (rate, left) => `${rate}${left}. The end depends on when the next devices may start.`,
  no_progress: (_, left) => `No device ended in the last hour${left}.`,
}
