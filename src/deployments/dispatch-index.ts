import { attributeValue, type Filterable, type Term } from '../inventory/filter.ts'

type Indexed = { terms: readonly Term[] }
type Scalar = string | number
type AttributeIndex<Entry> = { scope: string; attribute: string; byValue: Map<Scalar, Set<Entry>> }

/**
 * Finds, among many filters, those that a device may match, without evaluating each: every filter is indexed by one of
 * its `$eq` or `$in` terms, its key term, under each value of that term. Filters without such a term are always
 * candidates.
 */
export class DispatchIndex<Entry extends Indexed> {
  readonly #byAttribute = new Map<string, AttributeIndex<Entry>>()
  readonly #always = new Set<Entry>()
  /** The key terms of all other filters. */
  readonly #keyTerms = new Map<Entry, Term>()
  /** How many filters have a term with the value, by attribute and value. */
  readonly #counts = new Map<string, number>()

  add(entries: readonly Entry[]): void {
    for (const slot of entries.flatMap(usableSlots)) this.#counts.set(slot, this.#countOf(slot) + 1)
    for (const entry of entries) {
      const keyTerm = this.#mostSelective(entry.terms)
      if (keyTerm) this.#insert(entry, keyTerm)
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
    const keyTerm = this.#keyTerms.get(entry)
    if (keyTerm) this.#delete(entry, keyTerm)
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

  #insert(entry: Entry, keyTerm: Term) {
    this.#keyTerms.set(entry, keyTerm)
    const { scope, attribute } = keyTerm
    const index = this.#byAttribute.get(nameOf(keyTerm)) ?? { scope, attribute, byValue: new Map() }
    this.#byAttribute.set(nameOf(keyTerm), index)
    for (const value of valuesOf(keyTerm)) {
      const entries = index.byValue.get(value) ?? new Set()
      index.byValue.set(value, entries.add(entry))
    }
  }

  #delete(entry: Entry, keyTerm: Term) {
    this.#keyTerms.delete(entry)
    const byValue = this.#byAttribute.get(nameOf(keyTerm))?.byValue
    for (const value of valuesOf(keyTerm)) {
      const entries = byValue?.get(value)
      entries?.delete(entry)
      if (entries?.size === 0) byValue?.delete(value)
    }
    if (byValue?.size === 0) this.#byAttribute.delete(nameOf(keyTerm))
  }

  /** The term that shares its values with the fewest other filters: a device with such a value has few candidates. */
  #mostSelective(terms: readonly Term[]): Term | undefined {
    const weigh = (term: Term) => slotsOf(term).reduce((sum, slot) => sum + this.#countOf(slot), 0)
    const weighed = terms
      .filter(isUsable)
      .map((term) => ({ term, weight: weigh(term) + (isStatus(term) ? Infinity : 0) }))
    return weighed.sort((a, b) => a.weight - b.weight)[0]?.term
  }

  #countOf(slot: string): number {
    return this.#counts.get(slot) ?? 0
  }
}

const nameOf = ({ scope, attribute }: Term): string => JSON.stringify([scope, attribute])

const valuesOf = ({ value }: Term): Set<Scalar> => new Set([value].flat() as Scalar[])

const slotsOf = ({ scope, attribute, value }: Term): string[] =>
  [value].flat().map((one) => JSON.stringify([scope, attribute, one]))

const usableSlots = ({ terms }: Indexed): string[] => terms.filter(isUsable).flatMap(slotsOf)

const isUsable = ({ type, value }: Term): boolean =>
  (type === '$eq' && isScalar(value)) || (type === '$in' && (value as unknown[]).every(isScalar))

/** Nearly all devices have the same status, so it selects nothing. */
const isStatus = ({ scope, attribute }: Term): boolean => scope === 'identity' && attribute === 'status'

const isScalar = (value: unknown): value is Scalar => typeof value === 'string' || typeof value === 'number'
