import { join, raw, type Sql, sql } from '../../db/sql.ts'
import { utcText } from '../../db/utc-text.ts'
import { type Attributes, type AttributeValue, columnOf, type Filterable, type Term } from '../filter.ts'
import { columnSql } from './column-sql.ts'

/** An attribute that filters reference. */
export type AttributeName = Pick<Term, 'scope' | 'attribute'>

/** If more are referenced, the whole document is read: a PostgreSQL function takes 100 arguments. */
const MAX_ATTRIBUTES = 100
/** The whole document. */
const DOCUMENT: AttributeName = { scope: '', attribute: '' }
const COLUMNS = ['created_ts', 'updated_ts', 'check_in_time', 'pinned_until'].map((attribute) => ({
  scope: 'system',
  attribute,
}))
const WHOLE_DEVICE: readonly AttributeName[] = [DOCUMENT, ...COLUMNS]

/** The attributes that a set of filters references. */
export class ReferencedAttributes {
  readonly #uses = new Map<string, { name: AttributeName; count: number }>()
  #names: readonly AttributeName[] | undefined

  /** The same array until other attributes are referenced. */
  get names(): readonly AttributeName[] {
    this.#names ??= inColumnOrder([...this.#uses.values()].map(({ name }) => name))
    return this.#names
  }

  has(scope: string, attribute: string): boolean {
    return this.#uses.has(keyOf({ scope, attribute }))
  }

  add(names: readonly AttributeName[]): void {
    for (const { scope, attribute } of names) {
      const use = this.#uses.get(keyOf({ scope, attribute }))
      if (use) use.count++
      else this.#change(() => this.#uses.set(keyOf({ scope, attribute }), { name: { scope, attribute }, count: 1 }))
    }
  }

  remove(names: readonly AttributeName[]): void {
    for (const name of names) {
      const use = this.#uses.get(keyOf(name))
      if (use && --use.count === 0) this.#change(() => this.#uses.delete(keyOf(name)))
    }
  }

  #change(change: () => unknown) {
    change()
    this.#names = undefined
  }
}

const keyOf = ({ scope, attribute }: AttributeName): string => `${scope}/${attribute}`

/** Whether the attributes that were read include all that are referenced. */
export function coversReferenced(read: readonly AttributeName[], referenced: readonly AttributeName[]): boolean {
  if (read === referenced) return true
  const keys = new Set(read.map(keyOf))
  return referenced.every((name) => keys.has(keyOf(name)))
}

/** The attributes that several sets of filters reference, each once. */
export function mergeReferenced(sets: Iterable<readonly AttributeName[]>): readonly AttributeName[] {
  const different = [...new Set(sets)]
  const [only] = different
  if (different.length === 1 && only && only.length <= MAX_ATTRIBUTES) return only
  const names = [...new Map(different.flat().map((name) => [keyOf(name), name])).values()]
  return names.length > MAX_ATTRIBUTES ? WHOLE_DEVICE : inColumnOrder(names)
}

/** Columns first, so that different filters lead to few different statements. */
const inColumnOrder = (names: readonly AttributeName[]): readonly AttributeName[] =>
  names.toSorted((a, b) => (columnText(a) < columnText(b) ? -1 : 1))
const columnText = ({ scope, attribute }: AttributeName): string => columnOf(scope, attribute) ?? '~'

/**
 * The values of these attributes of a row `d` of `devices` as one JSON array, in the same order; null if there are
 * none.
 */
export const referencedValuesSql = (names: readonly AttributeName[]): Sql =>
  names.length === 0 ? raw('null::json') : sql`json_build_array(${join(names.map(valueSql))})`

function valueSql(name: AttributeName): Sql {
  if (name === DOCUMENT) return raw('d.attributes')
  const column = columnOf(name.scope, name.attribute)
  if (!column) return sql`d.attributes -> ${name.scope}::text -> ${name.attribute}::text`
  return isTime(column) ? utcText(columnSql(column)) : columnSql(column)
}

const isTime = (column: string): boolean => column.endsWith('_ts') || column.endsWith('_time')

/** A device with the values of the referenced attributes only, which is all that the filters need. */
export function deviceFromReferenced(
  { id, status, dialect, group_name }: Pick<Filterable, 'id' | 'status' | 'dialect' | 'group_name'>,
  names: readonly AttributeName[],
  values: readonly unknown[] | null,
): Filterable {
  const attributes: Attributes = {}
  const device = {
    ...{ id, status, dialect, group_name, attributes },
    ...{ created_ts: '', attributes_updated_ts: '', check_in_time: null, pinned_until: null },
  }
  names.forEach((name, i) => {
    const value = values?.[i] ?? undefined
    if (value === undefined) return
    const column = columnOf(name.scope, name.attribute)
    if (column) Object.assign(device, { [column]: value })
    else if (name === DOCUMENT) device.attributes = value as Attributes
    else scopeOf(attributes, name.scope)[name.attribute] = value as AttributeValue
  })
  return device
}

/** Without a prototype, because an attribute may be named `__proto__`. */
function scopeOf(attributes: Attributes, scope: string): Record<string, AttributeValue> {
  const found: Record<string, AttributeValue> = attributes[scope] ?? Object.create(null)
  attributes[scope] = found
  return found
}
