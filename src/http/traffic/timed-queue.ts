type Entry<Item> = { item: Item; expires_at_ms: number }

/** A queue in which every item may wait equally long, so that the first is always the first to expire. */
export class TimedQueue<Item> {
  readonly #max_wait_ms: number
  #entries: (Entry<Item> | undefined)[] = []
  #head = 0

  constructor(max_wait_ms: number) {
    this.#max_wait_ms = max_wait_ms
  }

  get length(): number {
    return this.#entries.length - this.#head
  }

  push(item: Item, now_ms: number): void {
    this.#entries.push({ item, expires_at_ms: now_ms + this.#max_wait_ms })
  }

  next(): Item | undefined {
    const entry = this.#entries[this.#head]
    if (!entry) return undefined
    this.#entries[this.#head++] = undefined
    // Compacted only now and then, so that each call has the same cost whatever the length.
    if (this.#head > 1000 && this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head)
      this.#head = 0
    }
    return entry.item
  }

  /** Removes and returns the next item that has expired. */
  nextExpired(now_ms: number): Item | undefined {
    const entry = this.#entries[this.#head]
    return entry && entry.expires_at_ms <= now_ms ? this.next() : undefined
  }
}
