import { currentKey, type Entry, hashOfCurrent, NumericTable, readId, TENANT } from './numeric-table.ts'
import type { UuidNumbers } from './uuid-numbers.ts'

/**
 * A two-generation cache of numbers by id: of the entries that were set or read most recently, at least about `size`
 * and at most twice as many. In typed arrays, because the garbage collector would visit a million objects each time.
 */
export class NumericCache<Row extends readonly number[]> {
  readonly #segments: Segment[]
  /** Numbers of the tenants, from 1. */
  readonly #tenants = new Map<string, number>()
  readonly #tenant_ids: string[] = ['']

  /** `width`: numbers of an entry. */
  constructor(size: number, width: Row['length']) {
    const length = Math.ceil(size / SEGMENT_SIZE)
    this.#segments = Array.from({ length }, () => new Segment(Math.ceil(size / length), width))
  }

  get(key: Key): Row | undefined {
    return this.#segmentOf(key)?.get() as Row | undefined
  }

  /** An id that is no UUID is not cached: every id that the server creates is one. */
  set(key: Key, row: Row): void {
    this.#segmentOf(key)?.set(row)
  }

  /** Changes one number of a cached row; false: there is no such row. */
  update(key: Key, at: number, number: number): boolean {
    return this.#segmentOf(key)?.update(at, number) ?? false
  }

  /** The entry of an id, whichever its tenant is. Valid until anything else is done with the cache. */
  find(id: UuidNumbers): Entry | undefined {
    for (let i = 0; i < TENANT; i++) currentKey[i] = id[i] as number
    return this.#segmentOfCurrent().find()
  }

  tenantOf({ tenant }: Entry): string {
    return this.#tenant_ids[tenant] as string
  }

  /** Reads the key into `currentKey`, and returns its segment. */
  #segmentOf({ tenant_id, id }: Key): Segment | undefined {
    if (!readId(id)) return undefined
    let tenant = this.#tenants.get(tenant_id)
    if (tenant === undefined) {
      tenant = this.#tenant_ids.push(tenant_id) - 1
      this.#tenants.set(tenant_id, tenant)
    }
    currentKey[TENANT] = tenant
    return this.#segmentOfCurrent()
  }

  #segmentOfCurrent(): Segment {
    return this.#segments[hashOfCurrent() % this.#segments.length] as Segment
  }
}

export type Key = { tenant_id: string; id: string }

/** Small enough that creating a table, or copying it to twice the size, delays no request. */
const SEGMENT_SIZE = 8192

class Segment {
  readonly #size: number
  readonly #width: number
  #young: NumericTable
  #old: NumericTable

  constructor(size: number, width: number) {
    this.#size = size
    this.#width = width
    this.#young = new NumericTable(width, FIRST_SLOTS)
    this.#old = this.#young
  }

  /** An entry found in the old generation moves to the young one. */
  get(): number[] | undefined {
    const young = this.#young.get()
    if (young) return young
    const old = this.#old.get()
    if (old) this.set(old)
    return old
  }

  /** By the id alone, as far as the key is concerned. */
  find(): Entry | undefined {
    const young = this.#young.find()
    if (young) return young
    const old = this.#old.find()
    if (!old) return undefined
    currentKey[TENANT] = old.tenant
    this.get()
    return this.#young.find()
  }

  update(at: number, number: number): boolean {
    return this.#young.update(at, number) || (this.get() !== undefined && this.#young.update(at, number))
  }

  set(row: readonly number[]): void {
    if (this.#young.used >= this.#size) {
      this.#old = this.#young
      this.#young = new NumericTable(this.#width, FIRST_SLOTS)
    } else if (this.#young.isFull) this.#young = this.#young.doubled()
    this.#young.put(row)
  }
}

const FIRST_SLOTS = 16
