import { attributeValue, type Filterable, type Term } from '../inventory/filter.ts'

type Indexed = { terms: readonly Term[] }
type Scalar = string | number
type Attribute<Entry> = { scope: string; attribute: string; byValue: Map<Scalar, Set<Entry>> }

/**
 * Finds, among many filters, those a device may match without trying each: every filter hangs on one of its `$eq` or
 * `$in` terms, under each value that the term takes. Filters without such a term are always candidates.
 */
export class DispatchIndex<Entry extends Indexed> {
  readonly #byAttribute = new Map<string, Attribute<Entry>>()
  readonly #always = new Set<Entry>()
  /** The term that each of the others hangs on. */
  readonly #hooks = new Map<Entry, Term>()
  /** How many filters have a term that takes a value, by attribute and value. */
  readonly #crowd = new Map<string, number>()

  add(entries: readonly Entry[]): void {
    for (const place of entries.flatMap(usablePlaces)) this.#crowd.set(place, this.#crowdAt(place) + 1)
    for (const entry of entries) {
      const hook = this.#leastCrowded(entry.terms)
      if (hook) this.#hang(entry, hook)
      else this.#always.add(entry)
    }
  }

  remove(entry: Entry): void {
    for (const place of usablePlaces(entry)) {
      const left = this.#crowdAt(place) - 1
      if (left > 0) this.#crowd.set(place, left)
      else this.#crowd.delete(place)
    }
    this.#always.delete(entry)
    const hook = this.#hooks.get(entry)
    if (hook) this.#unhang(entry, hook)
  }

  /** Each entry once; it may still turn out not to match. */
  candidates(device: Filterable): Entry[] {
    const found = new Set(this.#always)
    for (const { scope, attribute, byValue } of this.#byAttribute.values()) {
      const value = attributeValue(device, scope, attribute)
      for (const one of Array.isArray(value) ? value : [value])
        for (const entry of (one !== undefined && byValue.get(one)) || []) found.add(entry)
    }
    return [...found]
  }

  #hang(entry: Entry, hook: Term) {
    this.#hooks.set(entry, hook)
    const { scope, attribute } = hook
    const attributes = this.#byAttribute.get(nameOf(hook)) ?? { scope, attribute, byValue: new Map() }
    this.#byAttribute.set(nameOf(hook), attributes)
    for (const value of valuesOf(hook)) {
      const hanging = attributes.byValue.get(value) ?? new Set()
      attributes.byValue.set(value, hanging.add(entry))
    }
  }

  #unhang(entry: Entry, hook: Term) {
    this.#hooks.delete(entry)
    const byValue = this.#byAttribute.get(nameOf(hook))?.byValue
    for (const value of valuesOf(hook)) {
      const hanging = byValue?.get(value)
      hanging?.delete(entry)
      if (hanging?.size === 0) byValue?.delete(value)
    }
    if (byValue?.size === 0) this.#byAttribute.delete(nameOf(hook))
  }

  /** The term that shares its values with the fewest other filters: a device that has them meets few. */
  #leastCrowded(terms: readonly Term[]): Term | undefined {
    const weigh = (term: Term) => placesOf(term).reduce((sum, place) => sum + this.#crowdAt(place), 0)
    const weighed = terms
      .filter(isUsable)
      .map((term) => ({ term, weight: weigh(term) + (isStatus(term) ? Infinity : 0) }))
    return weighed.sort((a, b) => a.weight - b.weight)[0]?.term
  }

  #crowdAt(place: string): number {
    return this.#crowd.get(place) ?? 0
  }
}

const nameOf = ({ scope, attribute }: Term): string => JSON.stringify([scope, attribute])

const valuesOf = ({ value }: Term): Set<Scalar> => new Set([value].flat() as Scalar[])

const placesOf = ({ scope, attribute, value }: Term): string[] =>
  [value].flat().map((one) => JSON.stringify([scope, attribute, one]))

const usablePlaces = ({ terms }: Indexed): string[] => terms.filter(isUsable).flatMap(placesOf)

const isUsable = ({ type, value }: Term): boolean =>
  (type === '$eq' && isScalar(value)) || (type === '$in' && (value as unknown[]).every(isScalar))

/** Nearly every device has the same one: it selects nothing. */
const isStatus = ({ scope, attribute }: Term): boolean => scope === 'identity' && attribute === 'status'

const isScalar = (value: unknown): value is Scalar => typeof value === 'string' || typeof value === 'number'
