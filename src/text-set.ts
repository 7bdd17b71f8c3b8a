import { setImmediate } from 'node:timers/promises'

const FIRST_BYTES = 4096
const FIRST_TEXTS = 64
const AT_ONCE = 2000

/**
 * Different texts, in the order in which they were added, in a few buffers: a million strings in a `Set` take three times
 * the memory. `bytes` has each text after its length in four bytes, as PostgreSQL's arrays have in binary form.
 */
export class TextSet {
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES)
  #ends = new Uint32Array(FIRST_TEXTS)
  #hashes = new Uint32Array(FIRST_TEXTS)
  /** By hash, the position of a text, counted from 1. Half empty at least. */
  #slots = new Uint32Array(2 * FIRST_TEXTS)
  #size = 0

  static of(texts: Iterable<string>): TextSet {
    const set = new TextSet()
    for (const text of texts) set.add(text)
    return set
  }

  /** As `of`, for a long list: other requests are served in between. */
  static async gather(texts: readonly string[]): Promise<TextSet> {
    const set = new TextSet()
    for (let from = 0; from < texts.length; from += AT_ONCE) {
      for (const text of texts.slice(from, from + AT_ONCE)) set.add(text)
      await setImmediate()
    }
    return set
  }

  get size(): number {
    return this.#size
  }

  add(text: string): void {
    const begin = this.#endOf(this.#size)
    // A code unit takes three bytes at most.
    this.#reserve(begin + 4 + 3 * text.length)
    const end = begin + 4 + this.#bytes.write(text, begin + 4)
    this.#bytes.writeUInt32BE(end - begin - 4, begin)
    const hash = hashOf(text)
    const slot = this.#findSlot(hash, begin, end)
    if (this.#slots[slot] !== 0) return
    this.#ends[this.#size] = end
    this.#hashes[this.#size] = hash
    this.#size++
    this.#slots[slot] = this.#size
  }

  /** The texts at positions from `from` to before `to`, as they are stored. */
  bytes(from: number, to: number): Buffer {
    return this.#bytes.subarray(this.#endOf(from), this.#endOf(to))
  }

  #endOf(count: number): number {
    return count === 0 ? 0 : (this.#ends[count - 1] as number)
  }

  /** The slot of the text that is stored there, if there is such a text, or else an empty one. */
  #findSlot(hash: number, begin: number, end: number): number {
    const mask = this.#slots.length - 1
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const position = this.#slots[slot] as number
      if (position === 0) return slot
      if (this.#hashes[position - 1] !== hash) continue
      const [from, to] = [this.#endOf(position - 1), this.#endOf(position)]
      if (this.#bytes.compare(this.#bytes, begin, end, from, to) === 0) return slot
    }
  }

  #reserve(bytes: number) {
    if (bytes > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(bytes, 2 * this.#bytes.length))
      this.#bytes.copy(larger)
      this.#bytes = larger
    }
    if (this.#size < this.#ends.length) return
    this.#ends = doubled(this.#ends)
    this.#hashes = doubled(this.#hashes)
    this.#slots = new Uint32Array(2 * this.#ends.length)
    const mask = this.#slots.length - 1
    for (let position = 1; position <= this.#size; position++) {
      let slot = (this.#hashes[position - 1] as number) & mask
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask
      this.#slots[slot] = position
    }
  }
}

function doubled(numbers: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(2 * numbers.length)
  larger.set(numbers)
  return larger
}

/** FNV-1a of the code units, with the upper bits mixed into the lower ones. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return (hash ^ (hash >>> 15)) >>> 0
}
