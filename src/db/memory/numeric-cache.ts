/**
 * A two-generation cache of numbers by id: of the entries that were set or read most recently, at least about `size`
 * and at most twice as many. In typed arrays, because the garbage collector would visit a million objects each time.
 */
export class NumericCache<Row extends readonly number[]> {
  readonly #segments: Segment[]
  /** Numbers of the tenants, from 1. */
  readonly #tenants = new Map<string, number>()

  /** `width`: numbers of an entry. */
  constructor(size: number, width: Row['length']) {
    const length = Math.ceil(size / SEGMENT_SIZE)
    this.#segments = Array.from({ length }, () => new Segment(Math.ceil(size / length), width))
  }

  get(key: Key): Row | undefined {
    return this.#find(key)?.get() as Row | undefined
  }

  /** An id that is no UUID is not cached: every id that the server creates is one. */
  set(key: Key, row: Row): void {
    this.#find(key)?.set(row)
  }

  /** Changes one number of a cached row; false: there is no such row. */
  update(key: Key, at: number, number: number): boolean {
    return this.#find(key)?.update(at, number) ?? false
  }

  /** Reads the key into `current`, and returns its segment. */
  #find({ tenant_id, id }: Key): Segment | undefined {
    if (!readUuid(id)) return undefined
    let tenant = this.#tenants.get(tenant_id)
    if (tenant === undefined) {
      tenant = this.#tenants.size + 1
      this.#tenants.set(tenant_id, tenant)
    }
    current[TENANT] = tenant
    return this.#segments[hashOfCurrent() % this.#segments.length]
  }
}

export type Key = { tenant_id: string; id: string }

/** Small enough that creating a table, or copying it to twice the size, delays no request. */
const SEGMENT_SIZE = 8192

/** Words of a key: the 128 bits of the id, and the number of the tenant, which is 0 in an empty slot. */
const WORDS = 5
const TENANT = 4
/** The key of the current operation: `find` and `put` of the tables refer to it. */
const current = new Uint32Array(WORDS)

class Segment {
  readonly #size: number
  readonly #width: number
  #young: Table
  #old: Table

  constructor(size: number, width: number) {
    this.#size = size
    this.#width = width
    this.#young = new Table(width, FIRST_SLOTS)
    this.#old = this.#young
  }

  /** An entry found in the old generation moves to the young one. */
  get(): number[] | undefined {
    const young = this.#young.find()
    if (young) return young
    const old = this.#old.find()
    if (old) this.set(old)
    return old
  }

  update(at: number, number: number): boolean {
    return this.#young.update(at, number) || (this.get() !== undefined && this.#young.update(at, number))
  }

  set(row: readonly number[]): void {
    if (this.#young.used >= this.#size) {
      this.#old = this.#young
      this.#young = new Table(this.#width, FIRST_SLOTS)
    } else if (this.#young.isFull) this.#young = this.#young.doubled()
    this.#young.put(row)
  }
}

const FIRST_SLOTS = 16

/** A hash table with open addressing, at most three quarters full. Its operations are on the current key. */
class Table {
  readonly #keys: Uint32Array
  readonly #numbers: Float64Array
  readonly #width: number
  readonly #last: number
  readonly #row: number[] = []
  used = 0

  /** `slots`: a power of two. */
  constructor(width: number, slots: number) {
    this.#keys = new Uint32Array(slots * WORDS)
    this.#numbers = new Float64Array(slots * width)
    this.#width = width
    this.#last = slots - 1
  }

  get isFull(): boolean {
    return this.used * 4 >= (this.#last + 1) * 3
  }

  find(): number[] | undefined {
    const slot = this.#slotOfCurrent()
    return this.#isEmpty(slot) ? undefined : this.#read(slot)
  }

  update(at: number, number: number): boolean {
    const slot = this.#slotOfCurrent()
    if (this.#isEmpty(slot)) return false
    this.#numbers[slot * this.#width + at] = number
    return true
  }

  put(row: readonly number[]): void {
    const slot = this.#slotOfCurrent()
    if (this.#isEmpty(slot)) {
      for (let i = 0; i < WORDS; i++) this.#keys[slot * WORDS + i] = current[i] as number
      this.used++
    }
    for (let i = 0; i < this.#width; i++) this.#numbers[slot * this.#width + i] = row[i] as number
  }

  doubled(): Table {
    const larger = new Table(this.#width, (this.#last + 1) * 2)
    const saved = current.slice()
    for (let slot = 0; slot <= this.#last; slot++) {
      if (this.#isEmpty(slot)) continue
      current.set(this.#keys.subarray(slot * WORDS, (slot + 1) * WORDS))
      larger.put(this.#read(slot))
    }
    current.set(saved)
    return larger
  }

  #read(slot: number): number[] {
    for (let i = 0; i < this.#width; i++) this.#row[i] = this.#numbers[slot * this.#width + i] as number
    // A copy: an array that grows by assignment has memory allocated for more elements.
    return this.#row.slice()
  }

  #isEmpty(slot: number): boolean {
    return this.#keys[slot * WORDS + TENANT] === 0
  }

  /** The slot that holds the key, or the empty one in which to put it. */
  #slotOfCurrent(): number {
    const keys = this.#keys
    // By other bits than those that select the segment.
    let slot = (hashOfCurrent() >>> 13) & this.#last
    for (;;) {
      const from = slot * WORDS
      if (keys[from + TENANT] === 0 || isCurrent(keys, from)) return slot
      slot = (slot + 1) & this.#last
    }
  }
}

const isCurrent = (keys: Uint32Array, from: number): boolean =>
  keys[from] === current[0] &&
  keys[from + 1] === current[1] &&
  keys[from + 2] === current[2] &&
  keys[from + 3] === current[3] &&
  keys[from + TENANT] === current[TENANT]

const hashOfCurrent = (): number => {
  let hash = 0
  for (let i = 0; i < WORDS; i++) hash = Math.imul(hash ^ (current[i] as number) ^ (hash >>> 15), 0x9e37_79b1)
  return (hash ^ (hash >>> 16)) >>> 0
}

const DASH = 45
const DIGITS = new Int8Array(128).fill(-1)
for (const [value, digit] of [...'0123456789abcdef'].entries()) DIGITS[digit.charCodeAt(0)] = value

/** Reads a UUID into `current`, in lower case with dashes only, so that two ids are never taken for the same. */
function readUuid(text: string): boolean {
  if (text.length !== 36 || !hasDashes(text)) return false
  const first = fourDigits(text, 0)
  const second = fourDigits(text, 4)
  const third = fourDigits(text, 9)
  const fourth = fourDigits(text, 14)
  const fifth = fourDigits(text, 19)
  const sixth = fourDigits(text, 24)
  const seventh = fourDigits(text, 28)
  const eighth = fourDigits(text, 32)
  current[0] = (first << 16) | second
  current[1] = (third << 16) | fourth
  current[2] = (fifth << 16) | sixth
  current[3] = (seventh << 16) | eighth
  return (first | second | third | fourth | fifth | sixth | seventh | eighth) >= 0
}

const hasDashes = (text: string): boolean =>
  text.charCodeAt(8) === DASH &&
  text.charCodeAt(13) === DASH &&
  text.charCodeAt(18) === DASH &&
  text.charCodeAt(23) === DASH

/** Negative if one of them is no digit. */
const fourDigits = (text: string, at: number): number =>
  (digitAt(text, at) << 12) | (digitAt(text, at + 1) << 8) | (digitAt(text, at + 2) << 4) | digitAt(text, at + 3)

const digitAt = (text: string, at: number): number => DIGITS[text.charCodeAt(at)] ?? -1
