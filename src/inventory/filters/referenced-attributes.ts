import { join, raw, type Sql, sql } from '../../db/sql.ts'
import { utcText } from '../../db/utc-text.ts'
import { type Attributes, type AttributeValue, columnOf, type Filterable, type Term } from '../filter.ts'

/** An attribute that filters look at. */
export type AttributeName = Pick<Term, 'scope' | 'attribute'>

/** Beyond these the document is read whole; a PostgreSQL function takes 100 arguments. */
const MAX_ATTRIBUTES = 100
/** Stands for the whole document. */
const DOCUMENT: AttributeName = { scope: '', attribute: '' }
const TIMES = ['created_ts', 'updated_ts', 'check_in_time'].map((attribute) => ({ scope: 'system', attribute }))
const WHOLE_DEVICE: readonly AttributeName[] = [DOCUMENT, ...TIMES]

/** All that a set of filters looks at. */
export class ReferencedAttributes {
  readonly #uses = new Map<string, { named: AttributeName; count: number }>()
  #names: readonly AttributeName[] | undefined

  /** The same array until it would hold others. */
  get names(): readonly AttributeName[] {
    this.#names ??= inColumnOrder([...this.#uses.values()].map(({ named }) => named))
    return this.#names
  }

  has(scope: string, attribute: string): boolean {
    return this.#uses.has(keyOf({ scope, attribute }))
  }

  add(terms: readonly Term[]): void {
    for (const { scope, attribute } of terms) {
      const use = this.#uses.get(keyOf({ scope, attribute }))
      if (use) use.count++
      else this.#change(() => this.#uses.set(keyOf({ scope, attribute }), { named: { scope, attribute }, count: 1 }))
    }
  }

  remove(terms: readonly Term[]): void {
    for (const term of terms) {
      const use = this.#uses.get(keyOf(term))
      if (use && --use.count === 0) this.#change(() => this.#uses.delete(keyOf(term)))
    }
  }

  #change(change: () => unknown) {
    change()
    this.#names = undefined
  }
}

const keyOf = ({ scope, attribute }: AttributeName): string => `${scope}/${attribute}`

/** Whether these are all among those. */
export function coversReferenced(names: readonly AttributeName[], all: readonly AttributeName[]): boolean {
  if (names === all) return true
  const known = new Set(all.map(keyOf))
  return names.every((named) => known.has(keyOf(named)))
}

/** What several sets of filters look at, each attribute once. */
export function mergeReferenced(sets: Iterable<readonly AttributeName[]>): readonly AttributeName[] {
  const different = [...new Set(sets)]
  const [only] = different
  if (different.length === 1 && only && only.length <= MAX_ATTRIBUTES) return only
  const names = [...new Map(different.flat().map((named) => [keyOf(named), named])).values()]
  return names.length > MAX_ATTRIBUTES ? WHOLE_DEVICE : inColumnOrder(names)
}

/** Columns first, so that few different statements come of many different filters. */
const inColumnOrder = (names: readonly AttributeName[]): readonly AttributeName[] =>
  names.toSorted((a, b) => (columnText(a) < columnText(b) ? -1 : 1))
const columnText = ({ scope, attribute }: AttributeName): string => columnOf(scope, attribute) ?? '~'

/** These attributes of a row `d` of devices as one JSON array, in their order; null where there is none. */
export const referencedValuesSql = (names: readonly AttributeName[]): Sql =>
  names.length === 0 ? raw('null::json') : sql`json_build_array(${join(names.map(valueSql))})`

function valueSql(named: AttributeName): Sql {
  if (named === DOCUMENT) return raw('d.attributes')
  const column = columnOf(named.scope, named.attribute)
  if (!column) return sql`d.attributes -> ${named.scope}::text -> ${named.attribute}::text`
  return isTime(column) ? utcText(raw(`d.${column}`)) : raw(`d.${column}`)
}

const isTime = (column: string): boolean => column.endsWith('_ts') || column.endsWith('_time')

/** The device as filters that look at nothing but `names` see it. */
export function deviceFromReferenced(
  { id, status, group_name }: Pick<Filterable, 'id' | 'status' | 'group_name'>,
  names: readonly AttributeName[],
  values: readonly unknown[] | null,
): Filterable {
  const attributes: Attributes = {}
  const device = { id, status, group_name, created_ts: '', attributes_updated_ts: '', check_in_time: null, attributes }
  names.forEach((named, i) => {
    const value = values?.[i] ?? undefined
    if (value === undefined) return
    const column = columnOf(named.scope, named.attribute)
    if (column) Object.assign(device, { [column]: value })
    else if (named === DOCUMENT) device.attributes = value as Attributes
    else scopeOf(attributes, named.scope)[named.attribute] = value as AttributeValue
  })
  return device
}

/** Without a prototype: an attribute may be called `__proto__`. */
function scopeOf(attributes: Attributes, scope: string): Record<string, AttributeValue> {
  const found: Record<string, AttributeValue> = attributes[scope] ?? Object.create(null)
  attributes[scope] = found
  return found
}
