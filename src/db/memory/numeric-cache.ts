/**
 * Numbers that were noted lately of things, such as devices, at the least of about `size` of them, at the most of twice as many: in
 * arrays, for the garbage collector walks through a million objects every time.
 */
export class NumericCache<Row extends readonly number[]> {
  readonly #shelves: Segment[]
  /** From 1. */
  readonly #tenants = new Map<string, number>()

  /** `width`: how many numbers there are of each. */
  constructor(size: number, width: Row['length']) {
    const length = Math.ceil(size / SEGMENT_SIZE)
    this.#shelves = Array.from({ length }, () => new Segment(Math.ceil(size / length), width))
  }

  get(key: Key): Row | undefined {
    return this.#reach(key)?.get() as Row | undefined
  }

  /** A thing whose id is no UUID is not remembered: all ids that are made here are. */
  set(key: Key, row: Row): void {
    this.#reach(key)?.set(row)
  }

  /** Reads the key into `wanted`. */
  #reach({ tenant_id, id }: Key): Segment | undefined {
    if (!readUuid(id)) return undefined
    let tenant = this.#tenants.get(tenant_id)
    if (tenant === undefined) {
      tenant = this.#tenants.size + 1
      this.#tenants.set(tenant_id, tenant)
    }
    wanted[TENANT] = tenant
    return this.#shelves[hashOfWanted() % this.#shelves.length]
  }
}

type Key = { tenant_id: string; id: string }

/** Small enough that making a table anew, or of twice the size, holds nobody up. */
const SEGMENT_SIZE = 8192

/** Words of a key: the 128 bits of the id, and the number of the tenant, which is 0 where nothing is. */
const WORDS = 5
const TENANT = 4
/** The key that is looked for. */
const wanted = new Uint32Array(WORDS)

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

  /** What was found among the old becomes young. */
  get(): number[] | undefined {
    const young = this.#young.find()
    if (young) return young
    const old = this.#old.find()
    if (old) this.set(old)
    return old
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

/** Open addressing, at the most three quarters full. All of it is about the wanted key. */
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
    const slot = this.#slotOfWanted()
    return this.#isEmpty(slot) ? undefined : this.#read(slot)
  }

  put(row: readonly number[]): void {
    const slot = this.#slotOfWanted()
    if (this.#isEmpty(slot)) {
      for (let i = 0; i < WORDS; i++) this.#keys[slot * WORDS + i] = wanted[i] as number
      this.used++
    }
    for (let i = 0; i < this.#width; i++) this.#numbers[slot * this.#width + i] = row[i] as number
  }

  doubled(): Table {
    const larger = new Table(this.#width, (this.#last + 1) * 2)
    const looked_for = wanted.slice()
    for (let slot = 0; slot <= this.#last; slot++) {
      if (this.#isEmpty(slot)) continue
      wanted.set(this.#keys.subarray(slot * WORDS, (slot + 1) * WORDS))
      larger.put(this.#read(slot))
    }
    wanted.set(looked_for)
    return larger
  }

  #read(slot: number): number[] {
    for (let i = 0; i < this.#width; i++) this.#row[i] = this.#numbers[slot * this.#width + i] as number
    // Not an array filled bit by bit, which would be given room for more.
    return this.#row.slice()
  }

  #isEmpty(slot: number): boolean {
    return this.#keys[slot * WORDS + TENANT] === 0
  }

  /** The one it is in, or the empty one where it would be. */
  #slotOfWanted(): number {
    const keys = this.#keys
    // By other bits than those that tell the shelf.
    let slot = (hashOfWanted() >>> 13) & this.#last
    for (;;) {
      const from = slot * WORDS
      if (keys[from + TENANT] === 0 || isWanted(keys, from)) return slot
      slot = (slot + 1) & this.#last
    }
  }
}

const isWanted = (keys: Uint32Array, from: number): boolean =>
  keys[from] === wanted[0] &&
  keys[from + 1] === wanted[1] &&
  keys[from + 2] === wanted[2] &&
  keys[from + 3] === wanted[3] &&
  keys[from + TENANT] === wanted[TENANT]

const hashOfWanted = (): number => {
  let hash = 0
  for (let i = 0; i < WORDS; i++) hash = Math.imul(hash ^ (wanted[i] as number) ^ (hash >>> 15), 0x9e37_79b1)
  return (hash ^ (hash >>> 16)) >>> 0
}

const DASH = 45
const DIGITS = new Int8Array(128).fill(-1)
for (const [value, digit] of [...'0123456789abcdef'].entries()) DIGITS[digit.charCodeAt(0)] = value

/** Into `wanted`. As ids are written here, and in no other way, so that none is taken for another. */
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
  wanted[0] = (first << 16) | second
  wanted[1] = (third << 16) | fourth
  wanted[2] = (fifth << 16) | sixth
  wanted[3] = (seventh << 16) | eighth
  return (first | second | third | fourth | fifth | sixth | seventh | eighth) >= 0
}

const hasDashes = (text: string): boolean =>
  text.charCodeAt(8) === DASH &&
  text.charCodeAt(13) === DASH &&
  text.charCodeAt(18) === DASH &&
  text.charCodeAt(23) === DASH

/** Less than 0 where one is none. */
const fourDigits = (text: string, at: number): number =>
  (digitAt(text, at) << 12) | (digitAt(text, at + 1) << 8) | (digitAt(text, at + 2) << 4) | digitAt(text, at + 3)

const digitAt = (text: string, at: number): number => DIGITS[text.charCodeAt(at)] ?? -1
