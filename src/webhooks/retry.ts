const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS

/** Before the second attempt, the third, and so on; the last one is repeated. */
const PAUSES_MS = [
  ...[5 * SECOND_MS, 15 * SECOND_MS, MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS, 30 * MINUTE_MS, HOUR_MS],
]
/** An event is attempted again for this long after it happened, but once at least. */
const GIVE_UP_MS = 24 * HOUR_MS

/** When to attempt again what has failed so often; null: never. */
export function nextAttempt({ event_time, attempts, now }: { event_time: string; attempts: number; now: Date }) {
  if (now.getTime() - Date.parse(event_time) >= GIVE_UP_MS) return null
  const pause_ms = PAUSES_MS[Math.min(attempts, PAUSES_MS.length) - 1] ?? HOUR_MS
  return new Date(now.getTime() + pause_ms).toISOString()
}

/** By how much a lease outlasts an attempt. An attempt begins within this time after the lease, or not at all. */
export const LEASE_MARGIN_MS = 5 * SECOND_MS

/** For how long a process that sends has a stream for itself. */
export const leaseFor = (timeout_s: number): number => timeout_s * SECOND_MS + LEASE_MARGIN_MS
