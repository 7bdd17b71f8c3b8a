import { readUuid } from './uuid-numbers.ts'

/** Words of a key: the 128 bits of the id, and the number of the tenant, which is 0 in an empty slot. */
const WORDS = 5
export const TENANT = 4
/** The key of the current operation: those of the tables refer to it. */
export const currentKey = new Uint32Array(WORDS)

/** One row where it is stored. */
export class Entry {
  readonly tenant: number
  readonly #numbers: Float64Array
  readonly #from: number

  constructor(tenant: number, numbers: Float64Array, from: number) {
    this.tenant = tenant
    this.#numbers = numbers
    this.#from = from
  }

  get(at: number): number {
    return this.#numbers[this.#from + at] as number
  }

  set(at: number, number: number): void {
    this.#numbers[this.#from + at] = number
  }
}

/** A hash table with open addressing, at most three quarters full. Its operations are on the current key. */
export class NumericTable {
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

  get(): number[] | undefined {
    const slot = this.#slotOfCurrent()
    return this.#isEmpty(slot) ? undefined : this.#read(slot)
  }

  /** By the id alone. */
  find(): Entry | undefined {
    const keys = this.#keys
    for (let slot = this.#firstSlot(); ; slot = (slot + 1) & this.#last) {
      const from = slot * WORDS
      const tenant = keys[from + TENANT] as number
      if (tenant === 0) return undefined
      if (hasCurrentId(keys, from)) return new Entry(tenant, this.#numbers, slot * this.#width)
    }
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
      for (let i = 0; i < WORDS; i++) this.#keys[slot * WORDS + i] = currentKey[i] as number
      this.used++
    }
    for (let i = 0; i < this.#width; i++) this.#numbers[slot * this.#width + i] = row[i] as number
  }

  doubled(): NumericTable {
    const larger = new NumericTable(this.#width, (this.#last + 1) * 2)
    const saved = currentKey.slice()
    for (let slot = 0; slot <= this.#last; slot++) {
      if (this.#isEmpty(slot)) continue
      currentKey.set(this.#keys.subarray(slot * WORDS, (slot + 1) * WORDS))
      larger.put(this.#read(slot))
    }
    currentKey.set(saved)
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
    for (let slot = this.#firstSlot(); ; slot = (slot + 1) & this.#last) {
      const tenant = keys[slot * WORDS + TENANT]
      if (tenant === 0 || (tenant === currentKey[TENANT] && hasCurrentId(keys, slot * WORDS))) return slot
    }
  }

  /** By other bits than those that select the segment. */
  #firstSlot(): number {
    return (hashOfCurrent() >>> 13) & this.#last
  }
}

const hasCurrentId = (keys: Uint32Array, from: number): boolean =>
  keys[from] === currentKey[0] &&
  keys[from + 1] === currentKey[1] &&
  keys[from + 2] === currentKey[2] &&
  keys[from + 3] === currentKey[3]

/** Of the id alone, so that an entry is found without its tenant. */
export const hashOfCurrent = (): number => {
  let hash = 0
  for (let i = 0; i < TENANT; i++) hash = Math.imul(hash ^ (currentKey[i] as number) ^ (hash >>> 15), 0x9e37_79b1)
  return (hash ^ (hash >>> 16)) >>> 0
}

const ID_LENGTH = 36
const characters = new Uint8ClampedArray(ID_LENGTH)

/** Reads an id into `currentKey`; false: it is no UUID. */
export function readId(id: string): boolean {
  if (id.length !== ID_LENGTH) return false
  for (let i = 0; i < ID_LENGTH; i++) characters[i] = id.charCodeAt(i)
  return readUuid(characters, 0, currentKey)
}
