/** Statistics of the requests of one kind. Times are in milliseconds. */
export type Summary = { requests: number; per_second: number; p50: number; p99: number; max: number; errors: number }

const BUCKETS = 400
const GROWTH = 1.04
const MIN_MS = 0.1

const bucketOf = (ms: number) => Math.min(BUCKETS - 1, Math.max(0, Math.ceil(Math.log(ms / MIN_MS) / Math.log(GROWTH))))

/** A latency histogram for each kind of request, in constant memory. Percentiles are accurate to 4 %. */
export class Timings {
  readonly #kinds = new Map<string, { buckets: Uint32Array; requests: number; max: number; errors: number }>()
  /** The number of errors by kind of request and status, or the reason for a missing response. */
  readonly errors = new Map<string, number>()

  add(kind: string, ms: number, error?: string) {
    const found = this.#kinds.get(kind) ?? { buckets: new Uint32Array(BUCKETS), requests: 0, max: 0, errors: 0 }
    this.#kinds.set(kind, found)
    const at = bucketOf(ms)
    found.buckets[at] = (found.buckets[at] ?? 0) + 1
    found.requests++
    found.max = Math.max(found.max, ms)
    if (error === undefined) return
    found.errors++
    const name = `${kind}: ${error}`
    this.errors.set(name, (this.errors.get(name) ?? 0) + 1)
  }

  clear() {
    this.#kinds.clear()
    this.errors.clear()
  }

  summary(elapsed_s: number): { [kind: string]: Summary } {
    const kinds = [...this.#kinds].map(([kind, { buckets, requests, max, errors }]) => {
      const at = (share: number) => Math.min(max, percentile(buckets, requests * share))
      return [kind, { requests, per_second: requests / elapsed_s, p50: at(0.5), p99: at(0.99), max, errors }] as const
    })
    return Object.fromEntries(kinds)
  }
}

function percentile(buckets: Uint32Array, rank: number): number {
  let seen = 0
  const at = buckets.findIndex((count) => {
    seen += count
    return seen >= rank
  })
  return MIN_MS * GROWTH ** at
}
