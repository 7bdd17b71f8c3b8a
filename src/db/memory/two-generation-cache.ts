/** A `Map` of half a million entries takes a tenth of a second to grow; small ones do so one at a time. */
const SEGMENT_SIZE = 8000

/** A cache of the entries that were set or read most recently: at least about `size` of them, at most twice as many. */
export class TwoGenerationCache<Value> {
  readonly #segments: Segment<Value>[]

  constructor(size: number) {
    const length = Math.ceil(size / SEGMENT_SIZE)
    this.#segments = Array.from({ length }, () => new Segment<Value>(Math.ceil(size / length)))
  }

  get(key: string): Value | undefined {
    return this.#segmentOf(key).get(key)
  }

  set(key: string, value: Value): void {
    this.#segmentOf(key).set(key, value)
  }

  /** By the last characters, in which ids and signatures differ most. */
  #segmentOf(key: string): Segment<Value> {
    const last = key.length - 1
    const hash =
      last < 2 ? key.length : key.charCodeAt(last) + 7 * key.charCodeAt(last - 1) + 31 * key.charCodeAt(last - 2)
    return this.#segments[hash % this.#segments.length] as Segment<Value>
  }
}

class Segment<Value> {
  readonly #size: number
  #young = new Map<string, Value>()
  #old = new Map<string, Value>()

  constructor(size: number) {
    this.#size = size
  }

  get(key: string): Value | undefined {
    const young = this.#young.get(key)
    if (young !== undefined) return young
    const old = this.#old.get(key)
    if (old !== undefined) this.set(key, old)
    return old
  }

  set(key: string, value: Value): void {
    this.#young.set(key, value)
    if (this.#young.size < this.#size) return
    this.#old = this.#young
    this.#young = new Map()
  }
}
