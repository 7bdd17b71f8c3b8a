type Place<Item> = { item: Item; until_ms: number }

/** First come, first served; each waits as long as the others at the most. */
export class TimedQueue<Item> {
  readonly #patience_ms: number
  #places: (Place<Item> | undefined)[] = []
  #head = 0

  constructor(patience_ms: number) {
    this.#patience_ms = patience_ms
  }

  get length(): number {
    return this.#places.length - this.#head
  }

  push(item: Item, now_ms: number): void {
    this.#places.push({ item, until_ms: now_ms + this.#patience_ms })
  }

  next(): Item | undefined {
    const place = this.#places[this.#head]
    if (!place) return undefined
    this.#places[this.#head++] = undefined
    // Moved together at times only, so that each costs the same however many there are.
    if (this.#head > 1000 && this.#head * 2 > this.#places.length) {
      this.#places = this.#places.slice(this.#head)
      this.#head = 0
    }
    return place.item
  }

  /** The next of those who have waited as long as anybody is to. */
  nextExpired(now_ms: number): Item | undefined {
    const place = this.#places[this.#head]
    return place && place.until_ms <= now_ms ? this.next() : undefined
  }
}
