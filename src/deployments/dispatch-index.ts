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
    for (const entry of entries) {
      const term = bestTerm(entry.terms)
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

/** Nearly every device has the same status: a term on it selects nothing. */
function bestTerm(terms: readonly Term[]): Term | undefined {
  const usable = terms.filter(
    ({ type, value }) =>
      (type === '$eq' && isScalar(value)) || (type === '$in' && (value as unknown[]).every(isScalar)),
  )
  return usable.find(({ scope, attribute }) => !(scope === 'identity' && attribute === 'status')) ?? usable[0]
}

const isScalar = (value: unknown): value is Scalar => typeof value === 'string' || typeof value === 'number'
