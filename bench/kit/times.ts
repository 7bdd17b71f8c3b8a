import type { Outcome } from './load.ts'

/** Only the most recent latencies are stored. */
const CAPACITY = 1_000_000

/** Statuses and latencies of requests. */
export function openTimes() {
  const statuses: Record<string, number> = {}
  const times = new Float64Array(CAPACITY)
  let done = 0
  return {
    record(status: number, ms: number) {
      statuses[status] = (statuses[status] ?? 0) + 1
      times[done++ % CAPACITY] = ms
    },
    summary(): Omit<Outcome, 'elapsed_ms'> {
      const sorted = times.subarray(0, Math.min(done, CAPACITY)).sort()
      const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? 0
      return { requests: done, statuses, p50_ms: at(0.5), p99_ms: at(0.99), max_ms: at(1) }
    },
  }
}
