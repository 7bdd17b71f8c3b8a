import { tooManyGuesses, WrongGuess } from '../errors.ts'

/** What is guessed at, or who guesses: so many wrong guesses are free, and then one each `every_ms`. */
export type Guessed = { key: string; free: number; every_ms: number }

type Bucket = Guessed & {
  /** Wrong guesses that are not forgiven yet, as of `at`. */
  wrong: number
  at: number
  under_way: number
  waiting: (() => void)[]
}

const MOST_BUCKETS = 50_000

/**
 * Token buckets for wrong guesses; right ones cost nothing, however many. The buckets that were used least lately are
 * forgotten first, so that nobody can fill the memory.
 */
export class GuessLimit {
  readonly #buckets = new Map<string, Bucket>()
  readonly #most: number

  constructor(most = MOST_BUCKETS) {
    this.#most = most
  }

  /** Makes the guess, or refuses to. It is wrong when it ends with a `WrongGuess`. */
  async attempt<Answer>(all: readonly Guessed[], now: () => number, guess: () => Promise<Answer>): Promise<Answer> {
    const buckets = await this.#enter(all, now)
    let wrong = 0
    try {
      return await guess()
    } catch (error) {
      wrong = error instanceof WrongGuess ? 1 : 0
      throw error
    } finally {
      for (const bucket of buckets) this.#leave(bucket, wrong)
    }
  }

  /** In all buckets or in none. While guesses under way may yet use up the last free one, the next waits for them. */
  async #enter(all: readonly Guessed[], now: () => number): Promise<Bucket[]> {
    for (;;) {
      const buckets = all.map((one) => forgive(this.#buckets.get(one.key) ?? fresh(one), now()))
      const wait_ms = Math.max(...buckets.map(({ wrong, free, every_ms }) => (wrong + 1 - free) * every_ms))
      if (wait_ms > 0) throw tooManyGuesses(Math.ceil(wait_ms / 1000))
      const full = buckets.find(({ wrong, under_way, free }) => wrong + under_way + 1 > free)
      if (!full) return buckets.map((bucket) => this.#keep(bucket))
      await new Promise<void>((resolve) => full.waiting.push(resolve))
    }
  }

  #keep(bucket: Bucket): Bucket {
    bucket.under_way++
    this.#buckets.delete(bucket.key)
    this.#buckets.set(bucket.key, bucket)
    const [oldest] = this.#buckets.keys()
    if (this.#buckets.size > this.#most && oldest !== undefined) this.#buckets.delete(oldest)
    return bucket
  }

  #leave(bucket: Bucket, wrong: number) {
    bucket.wrong += wrong
    bucket.under_way--
    const untouched = bucket.wrong === 0 && bucket.under_way === 0
    if (untouched && this.#buckets.get(bucket.key) === bucket) this.#buckets.delete(bucket.key)
    for (const wake of bucket.waiting.splice(0)) wake()
  }
}

const fresh = (guessed: Guessed): Bucket => ({ ...guessed, wrong: 0, at: 0, under_way: 0, waiting: [] })

function forgive(bucket: Bucket, now: number): Bucket {
  const passed = Math.max(0, now - bucket.at)
  bucket.wrong = Math.max(0, bucket.wrong - passed / bucket.every_ms)
  bucket.at = now
  return bucket
}
