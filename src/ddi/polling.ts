import { type QuietHours, quietEnd } from '../deployments/download-limits.ts'
import type { DdiSettings } from './ddi-settings.ts'

/** The longest that the text can say. */
const LONGEST_S = 86_399

/** The part of an interval by which polls vary, so that devices that were switched on together do not stay together. */
const JITTER = 0.1

/** How often devices poll that have nothing to do. `quiet`: a longer interval in the quiet hours of the tenant. */
export type Polling = { interval_s: number; quiet: { interval_s: number; hours: QuietHours } | undefined }

type Intervals = Pick<DdiSettings, 'polling_interval_s' | 'quiet_polling_interval_s'>

export const pollingOf = (settings: Intervals, hours: QuietHours | null): Polling => {
  const { polling_interval_s: interval_s, quiet_polling_interval_s = 0 } = settings
  const is_longer = hours !== null && quiet_polling_interval_s > interval_s
  return { interval_s, quiet: is_longer ? { interval_s: quiet_polling_interval_s, hours } : undefined }
}

/** Seconds until the next poll. `random`: from 0 to 1. */
export const jittered = (interval_s: number, random: number): number =>
  within(interval_s * (1 + JITTER * (2 * random - 1)))

/**
 * Seconds until the next poll of a device that has nothing to do. After the quiet hours devices come back within one
 * interval, not all at once.
 */
export function idleInterval({ interval_s, quiet }: Polling, now_ms: number, random: number): number {
  const end_ms = quiet && quietEnd(quiet.hours, now_ms)
  if (!quiet || end_ms === undefined) return jittered(interval_s, random)
  return Math.min(jittered(quiet.interval_s, random), within((end_ms - now_ms) / 1000 + interval_s * random))
}

const within = (seconds: number): number => Math.min(LONGEST_S, Math.max(1, Math.round(seconds)))

/** `HH:MM:SS`: clients read exactly eight characters. */
export function sleepText(seconds: number): string {
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  return parts.map((part) => String(part).padStart(2, '0')).join(':')
}
