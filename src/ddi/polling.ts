/** The longest that the text can say. */
const LONGEST_S = 86_399

/** The part of an interval by which polls vary, so that devices that were switched on together do not stay together. */
const JITTER = 0.1

/** Seconds until the next poll. `random`: from 0 to 1. */
export const jittered = (interval_s: number, random: number): number =>
  Math.min(LONGEST_S, Math.max(1, Math.round(interval_s * (1 + JITTER * (2 * random - 1)))))

/** `HH:MM:SS`: clients read exactly eight characters. */
export function sleepText(seconds: number): string {
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  return parts.map((part) => String(part).padStart(2, '0')).join(':')
}
