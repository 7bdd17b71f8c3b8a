/** A semaphore with a bounded queue: the tasks that wait run in the order in which they came. */
export class Semaphore {
  readonly #atOnce: number
  readonly #most: number
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor({ atOnce, mostWaiting }: { atOnce: number; mostWaiting: number }) {
    this.#atOnce = atOnce
    this.#most = mostWaiting
  }

  /** Throws what `refuse` returns where too many wait already. */
  async run<Result>(work: () => Promise<Result>, refuse: () => Error): Promise<Result> {
    if (this.#running < this.#atOnce) this.#running++
    else {
      if (this.#waiting.length >= this.#most) throw refuse()
      await new Promise<void>((go) => this.#waiting.push(go))
    }
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#running--
    }
  }
}
