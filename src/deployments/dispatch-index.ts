import { attributeValue, type Filterable, type Term } from '../inventory/filter.ts'

type Indexed = { terms: readonly Term[] }
type Scalar = string | number

/**
 * Finds, among many filters, those a device may match without trying each: every filter hangs on one of its `$eq` or
 * `$in` terms, under each value that the term takes. Filters without such a term are always candidates.
 */
export class DispatchIndex<Entry extends Indexed> {
  readonly #byAttribute = new Map<string, { scope: string; attribute: string; byValue: Map<Scalar, Entry[]> }>()
  readonly #always: Entry[] = []

  constructor(entries: readonly Entry[]) {
    const crowd = countPlaces(entries)
    for (const entry of entries) {
      const term = leastCrowded(entry.terms, crowd)
      if (term) this.#hang(entry, term)
      else this.#always.push(entry)
    }
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

  #hang(entry: Entry, { scope, attribute, value }: Term) {
    const name = JSON.stringify([scope, attribute])
    const { byValue } = this.#byAttribute.get(name) ?? { byValue: new Map<Scalar, Entry[]>() }
    this.#byAttribute.set(name, { scope, attribute, byValue })
    for (const one of new Set([value].flat() as Scalar[])) {
      const hanging = byValue.get(one)
      if (hanging) hanging.push(entry)
      else byValue.set(one, [entry])
    }
  }
}

/** How many filters have a term that takes a value, by attribute and value. */
function countPlaces(entries: readonly Indexed[]): Map<string, number> {
  const crowd = new Map<string, number>()
  for (const { terms } of entries)
    for (const place of terms.filter(isUsable).flatMap(placesOf)) crowd.set(place, (crowd.get(place) ?? 0) + 1)
  return crowd
}

/** The term that shares its values with the fewest other filters: a device that has them meets few. */
function leastCrowded(terms: readonly Term[], crowd: ReadonlyMap<string, number>): Term | undefined {
  const weigh = (term: Term) => placesOf(term).reduce((sum, place) => sum + (crowd.get(place) ?? 0), 0)
  const weighed = terms
    .filter(isUsable)
    .map((term) => ({ term, weight: weigh(term) + (isStatus(term) ? Infinity : 0) }))
  return weighed.sort((a, b) => a.weight - b.weight)[0]?.term
}

const placesOf = ({ scope, attribute, value }: Term): string[] =>
  [value].flat().map((one) => JSON.stringify([scope, attribute, one]))

const isUsable = ({ type, value }: Term): boolean =>
  (type === '$eq' && isScalar(value)) || (type === '$in' && (value as unknown[]).every(isScalar))

/** Nearly every device has the same one: it selects nothing. */
const isStatus = ({ scope, attribute }: Term): boolean => scope === 'identity' && attribute === 'status'

const isScalar = (value: unknown): value is Scalar => typeof value === 'string' || typeof value === 'number'
