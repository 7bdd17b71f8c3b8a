/** What came of requests of one kind. Times in milliseconds. */
export type Summary = { requests: number; per_second: number; p50: number; p99: number; max: number; errors: number }

const BUCKETS = 400
const GROWTH = 1.04
const LEAST_MS = 0.1

const bucketOf = (ms: number) =>
  Math.min(BUCKETS - 1, Math.max(0, Math.ceil(Math.log(ms / LEAST_MS) / Math.log(GROWTH))))

/** Counts answers by kind of request, in memory that does not grow; percentiles are within 4 %. */
export class Timings {
  readonly #kinds = new Map<string, { buckets: Uint32Array; requests: number; max: number; errors: number }>()
  /** How often each outcome that nobody wants came: a status, or why there was no answer. */
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

  /** Begins anew. */
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
  return LEAST_MS * GROWTH ** at
}
