/**
 * Numbers that were noted lately of things, such as devices, at the least of about `size` of them, at the most of twice as many: in arrays, for the garbage
 * collector walks through a million objects every time.
 */
export class RecentNumbers<Name extends string> {
  readonly #names: readonly Name[]
  readonly #shelves: Shelf[]
  /** From 1. */
  readonly #tenants = new Map<string, number>()

  constructor(size: number, names: readonly Name[]) {
    const length = Math.ceil(size / ON_A_SHELF)
    this.#names = names
    this.#shelves = Array.from({ length }, () => new Shelf(Math.ceil(size / length), names.length))
  }

  get(key: Key): Record<Name, number> | undefined {
    const shelf = this.#reach(key)
    const at = shelf?.find() ?? -1
    if (!shelf || at < 0) return undefined
    const numbers = {} as Record<Name, number>
    for (let i = 0; i < this.#names.length; i++) numbers[this.#names[i] as Name] = shelf.read(at, i)
    return numbers
  }

  /** A thing whose id is no UUID is not remembered: all ids that are made here are. */
  set(key: Key, numbers: Readonly<Record<Name, number>>): void {
    const shelf = this.#reach(key)
    if (!shelf) return
    const at = shelf.place()
    for (let i = 0; i < this.#names.length; i++) shelf.write(at, i, numbers[this.#names[i] as Name])
  }

  /** Reads the key into `wanted`. */
  #reach({ tenant_id, id }: Key): Shelf | undefined {
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
const ON_A_SHELF = 8192

/** Words of a key: the 128 bits of the id, and the number of the tenant, which is 0 where nothing is. */
const WORDS = 5
const TENANT = 4
/** The key that is looked for. */
const wanted = new Uint32Array(WORDS)

class Shelf {
  readonly #size: number
  readonly #columns: number
  #young: Table
  #old: Table

  constructor(size: number, columns: number) {
    this.#size = size
    this.#columns = columns
    this.#young = new Table(columns, FIRST_SLOTS)
    this.#old = this.#young
  }

  /** Where the numbers of the wanted key are, -1: nowhere. What was found among the old becomes young. */
  find(): number {
    const at = this.#young.find()
    if (at >= 0) return at
    const old = this.#old.find()
    if (old < 0) return -1
    const from = this.#old
    const to = this.place()
    for (let column = 0; column < this.#columns; column++) this.write(to, column, from.numbers[old + column] as number)
    return to
  }

  /** Where the numbers of the wanted key belong. */
  place(): number {
    const known = this.#young.find()
    if (known >= 0) return known
    if (this.#young.used >= this.#size) {
      this.#old = this.#young
      this.#young = new Table(this.#columns, FIRST_SLOTS)
    } else if (this.#young.isFull) this.#young = this.#young.doubled()
    return this.#young.add()
  }

  read = (at: number, column: number): number => this.#young.numbers[at + column] as number

  write(at: number, column: number, number: number): void {
    this.#young.numbers[at + column] = number
  }
}

const FIRST_SLOTS = 16

/** Open addressing, at the most three quarters full. */
class Table {
  readonly #keys: Uint32Array
  readonly #columns: number
  readonly #last: number
  readonly numbers: Float64Array
  used = 0

  /** `slots`: a power of two. */
  constructor(columns: number, slots: number) {
    this.#keys = new Uint32Array(slots * WORDS)
    this.numbers = new Float64Array(slots * columns)
    this.#columns = columns
    this.#last = slots - 1
  }

  get isFull(): boolean {
    return this.used * 4 >= (this.#last + 1) * 3
  }

  find(): number {
    const slot = this.#slotOfWanted()
    return this.#keys[slot * WORDS + TENANT] === 0 ? -1 : slot * this.#columns
  }

  add(): number {
    const slot = this.#slotOfWanted()
    this.#keys.set(wanted, slot * WORDS)
    this.used++
    return slot * this.#columns
  }

  doubled(): Table {
    const larger = new Table(this.#columns, (this.#last + 1) * 2)
    const looked_for = wanted.slice()
    for (let slot = 0; slot <= this.#last; slot++) {
      if (this.#keys[slot * WORDS + TENANT] === 0) continue
      wanted.set(this.#keys.subarray(slot * WORDS, (slot + 1) * WORDS))
      const from = slot * this.#columns
      larger.numbers.set(this.numbers.subarray(from, from + this.#columns), larger.add())
    }
    wanted.set(looked_for)
    return larger
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
