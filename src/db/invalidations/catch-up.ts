import type { Env } from '../../env.ts'
import { measuredAs } from '../batch.ts'
import { perHistory } from '../memory/per-history.ts'
import { perEnv } from '../memory/per-object.ts'
import type { Changes } from './change-feed.ts'
import { Tracking } from './tracking.ts'

/**
 * Reads begin at least this far apart, unless enough polls wait: of a fleet that polls 3,333 times a second, 17 share one
 * (0.2 of the processor time of a read for each). A poll waits for half of it on average.
 */
const PAUSE_MS = 5
const ENOUGH = 32
/** With one, a processor idles during the read. */
const MAX_IN_FLIGHT = 2

/** What the caches of this process know of changes. */
export const trackingOf = perHistory((env) => new Tracking(env.db.distribution))

type Done = (error?: Error) => void

/**
 * Calls back once every change that was committed before the call, by any process, is applied to the caches of devices,
 * or with the error of the database.
 */
export const catchUp = (env: Env, done: Done): void => queueOf(env).add(done)

const measured = measuredAs('polls')

class Queue {
  readonly #env: Env
  #waiting: Done[] = []
  #in_flight = 0
  #started_ms = 0
  #timer: NodeJS.Timeout | undefined
  #isScheduled = false

  constructor(env: Env) {
    this.#env = env
  }

  add(done: Done): void {
    this.#waiting.push(done)
    this.#schedule()
  }

  #schedule(): void {
    if (this.#isScheduled || this.#in_flight >= MAX_IN_FLIGHT) return
    const pause_ms = this.#started_ms + PAUSE_MS - performance.now()
    if (pause_ms <= 0 || this.#waiting.length >= ENOUGH) {
      this.#isScheduled = true
      clearTimeout(this.#timer)
      this.#timer = undefined
      // Together with what else has arrived.
      setImmediate(this.#start)
    } else this.#timer ??= setTimeout(this.#onPaused, pause_ms)
  }

  readonly #onPaused = () => {
    this.#timer = undefined
    this.#start()
  }

  readonly #start = () => {
    this.#isScheduled = false
    const waiting = this.#waiting
    if (waiting.length === 0 || this.#in_flight >= MAX_IN_FLIGHT) return
    this.#waiting = []
    this.#in_flight++
    this.#started_ms = performance.now()
    measured(waiting.length, () => this.#env.db.changes.read()).then(
      (changes) => this.#finish(waiting, changes),
      (error) => this.#finish(waiting, UNKNOWN, error),
    )
  }

  #finish(waiting: readonly Done[], changes: Changes, error?: Error): void {
    this.#in_flight--
    trackingOf(this.#env).apply(changes)
    // The database reads while the responses are written.
    if (this.#waiting.length > 0) this.#schedule()
    for (const done of waiting) done(error)
  }
}

const UNKNOWN: Changes = { complete: false, invalidations: [] }

const queueOf = perEnv((env) => new Queue(env))
