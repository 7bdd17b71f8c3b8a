import { attributeValue, type Filterable, type FilterTerm, type Term } from '../inventory/filter.ts'
import { isGroup } from '../texts/terms.ts'

type Indexed = { terms: readonly FilterTerm[] }
/** A device that matches the filter meets at least one of these conditions. */
type Cover = readonly Term[]
type Scalar = string | number
type AttributeIndex<Entry> = { scope: string; attribute: string; byValue: Map<Scalar, Set<Entry>> }

/**
 * Finds, among many filters, those that a device may match, without evaluating each: every filter is indexed by one of
 * its `$eq` or `$in` conditions, under each of its values, or, if it is an `$or`, by one of each alternative. Filters
 * that have none are always candidates.
 */
export class DispatchIndex<Entry extends Indexed> {
  readonly #byAttribute = new Map<string, AttributeIndex<Entry>>()
  readonly #always = new Set<Entry>()
  /** By which all other filters are indexed. */
  readonly #covers = new Map<Entry, Cover>()
  /** How many filters have a condition with the value, by attribute and value. */
  readonly #counts = new Map<string, number>()

  add(entries: readonly Entry[]): void {
    for (const slot of entries.flatMap(usableSlots)) this.#counts.set(slot, this.#countOf(slot) + 1)
    for (const entry of entries) {
      const cover = this.#mostSelective(entry.terms)
      if (cover) this.#insert(entry, cover)
      else this.#always.add(entry)
    }
  }

  remove(entry: Entry): void {
    for (const slot of usableSlots(entry)) {
      const count = this.#countOf(slot) - 1
      if (count > 0) this.#counts.set(slot, count)
      else this.#counts.delete(slot)
    }
    this.#always.delete(entry)
    for (const term of this.#covers.get(entry) ?? []) this.#delete(entry, term)
    this.#covers.delete(entry)
  }

  /** Each entry once. A candidate need not match. */
  candidates(device: Filterable): Entry[] {
    const found = new Set(this.#always)
    for (const { scope, attribute, byValue } of this.#byAttribute.values()) {
      const value = attributeValue(device, scope, attribute)
      for (const one of Array.isArray(value) ? value : [value])
        for (const entry of (one !== undefined && byValue.get(one)) || []) found.add(entry)
    }
    return [...found]
  }

  #insert(entry: Entry, cover: Cover) {
    this.#covers.set(entry, cover)
    for (const term of cover) {
      const { scope, attribute } = term
      const index = this.#byAttribute.get(nameOf(term)) ?? { scope, attribute, byValue: new Map() }
      this.#byAttribute.set(nameOf(term), index)
      for (const value of valuesOf(term)) {
        const entries = index.byValue.get(value) ?? new Set()
        index.byValue.set(value, entries.add(entry))
      }
    }
  }

  #delete(entry: Entry, term: Term) {
    const byValue = this.#byAttribute.get(nameOf(term))?.byValue
    for (const value of valuesOf(term)) {
      const entries = byValue?.get(value)
      entries?.delete(entry)
      if (entries?.size === 0) byValue?.delete(value)
    }
    if (byValue?.size === 0) this.#byAttribute.delete(nameOf(term))
  }

  /** The cover that shares its values with the fewest other filters: a device with such a value has few candidates. */
  #mostSelective(terms: readonly FilterTerm[]): Cover | undefined {
    const weighed = terms.flatMap((term) => {
      const cover = this.#coverOf(term)
      return cover ? [{ cover, weight: cover.reduce((sum, one) => sum + this.#weigh(one), 0) }] : []
    })
    return weighed.sort((a, b) => a.weight - b.weight)[0]?.cover
  }

  #coverOf(term: FilterTerm): Cover | undefined {
    if (!isGroup(term)) return isUsable(term) ? [term] : undefined
    if (term.type === '$and') return this.#mostSelective(term.terms)
    if (term.type !== '$or') return undefined
    const covers = term.terms.map((one) => this.#coverOf(one))
    return covers.every((cover) => cover !== undefined) ? covers.flat() : undefined
  }

  #weigh(term: Term): number {
    if (isStatus(term)) return STATUS_WEIGHT
    return slotsOf(term).reduce((sum, slot) => sum + this.#countOf(slot), 0)
  }

  #countOf(slot: string): number {
    return this.#counts.get(slot) ?? 0
  }
}

const nameOf = ({ scope, attribute }: Term): string => JSON.stringify([scope, attribute])

const valuesOf = ({ value }: Term): Set<Scalar> => new Set([value].flat() as Scalar[])

const slotsOf = ({ scope, attribute, value }: Term): string[] =>
  [value].flat().map((one) => JSON.stringify([scope, attribute, one]))

const usableSlots = ({ terms }: Indexed): string[] => usableIn(terms).flatMap(slotsOf)

const usableIn = (terms: readonly FilterTerm[]): Term[] =>
  terms.flatMap((term) => {
    if (!isGroup(term)) return isUsable(term) ? [term] : []
    return term.type === '$not' ? [] : usableIn(term.terms)
  })

const isUsable = ({ type, value }: Term): boolean =>
  (type === '$eq' && isScalar(value)) || (type === '$in' && (value as unknown[]).every(isScalar))

/** Nearly all devices have the same status, so it selects nothing. */
const STATUS_WEIGHT = 1e12
const isStatus = ({ scope, attribute }: Term): boolean => scope === 'identity' && attribute === 'status'

const isScalar = (value: unknown): value is Scalar => typeof value === 'string' || typeof value === 'number'
