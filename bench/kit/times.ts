import type { Outcome } from './load.ts'

/** The last so many. */
const KEPT = 1_000_000

/** What came of requests, and how long they took. */
export function openTimes() {
  const statuses: Record<string, number> = {}
  const times = new Float64Array(KEPT)
  let done = 0
  return {
    note(status: number, ms: number) {
      statuses[status] = (statuses[status] ?? 0) + 1
      times[done++ % KEPT] = ms
    },
    summary(): Omit<Outcome, 'elapsed_ms'> {
      const sorted = times.subarray(0, Math.min(done, KEPT)).sort()
      const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? 0
      return { requests: done, statuses, p50_ms: at(0.5), p99_ms: at(0.99), max_ms: at(1) }
    },
  }
}
