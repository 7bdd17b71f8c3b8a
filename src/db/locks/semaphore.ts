/** A semaphore with a bounded queue: waiting tasks run in the order of their arrival. */
export class Semaphore {
  readonly #maxInFlight: number
  readonly #maxQueued: number
  readonly #queue: (() => void)[] = []
  #inFlight = 0

  constructor({ maxInFlight, maxQueued }: { maxInFlight: number; maxQueued: number }) {
    this.#maxInFlight = maxInFlight
    this.#maxQueued = maxQueued
  }

  /** Throws what `refuse` returns if the queue is full. */
  async run<Result>(task: () => Promise<Result>, refuse: () => Error): Promise<Result> {
    if (this.#inFlight < this.#maxInFlight) this.#inFlight++
    else {
      if (this.#queue.length >= this.#maxQueued) throw refuse()
      await new Promise<void>((start) => this.#queue.push(start))
    }
    try {
      return await task()
    } finally {
      const startNext = this.#queue.shift()
      if (startNext) startNext()
      else this.#inFlight--
    }
  }
}
