type Term = { scope: string; attribute: string; type: string; value: unknown }
type Group = { type: string; terms: readonly FilterTerm[] }
type FilterTerm = Term | Group
type Operator = {
  key: string
  label: string
  type: string
  takes: 'value' | 'list' | 'nothing' | 'pattern' | 'version'
}

/** The operators of filters in words. `$exists` has two: one for each value. */
export const OPERATORS: readonly Operator[] = [
  { key: '$eq', label: 'is', type: '$eq', takes: 'value' },
  { key: '$ne', label: 'is not', type: '$ne', takes: 'value' },
  { key: '$in', label: 'is one of', type: '$in', takes: 'list' },
  { key: '$nin', label: 'is none of', type: '$nin', takes: 'list' },
  { key: '$gt', label: 'is greater than', type: '$gt', takes: 'value' },
  { key: '$gte', label: 'is at least', type: '$gte', takes: 'value' },
  { key: '$lt', label: 'is less than', type: '$lt', takes: 'value' },
  { key: '$lte', label: 'is at most', type: '$lte', takes: 'value' },
  { key: '$ltne', label: 'is less than, or missing', type: '$ltne', takes: 'value' },
  { key: '$version_eq', label: 'is version', type: '$version_eq', takes: 'version' },
  { key: '$version_gt', label: 'is above version', type: '$version_gt', takes: 'version' },
  { key: '$version_gte', label: 'is at least version', type: '$version_gte', takes: 'version' },
  { key: '$version_lt', label: 'is below version', type: '$version_lt', takes: 'version' },
  { key: '$version_lte', label: 'is at most version', type: '$version_lte', takes: 'version' },
  { key: '$regex', label: 'matches the pattern', type: '$regex', takes: 'pattern' },
  { key: 'exists', label: 'exists', type: '$exists', takes: 'nothing' },
  { key: 'missing', label: 'is missing', type: '$exists', takes: 'nothing' },
]

export const GROUPS = ['$and', '$or', '$not'] as const

/** By the type alone: a term may have any other members, which do not count. */
export const isGroup = <One extends { type: string }>(term: One): term is Extract<One, { terms: unknown }> =>
  (GROUPS as readonly string[]).includes(term.type)

const keyOf = ({ type, value }: Pick<Term, 'type' | 'value'>): string =>
  type === '$exists' ? (value ? 'exists' : 'missing') : type

export const operatorOf = (term: Pick<Term, 'type' | 'value'>): Operator =>
  OPERATORS.find(({ key }) => key === keyOf(term)) ?? (OPERATORS[0] as Operator)

/** `inventory/region is one of eu, us`; of a group `(inventory/region is eu or tags/ring exists)`. */
export function termText(term: FilterTerm): string {
  if (isGroup(term)) return groupText(term)
  const { label, takes } = operatorOf(term)
  const value = takes === 'nothing' ? '' : ` ${[term.value].flat().join(', ')}`
  return `${term.scope}/${term.attribute} ${label}${value}`
}

function groupText({ type, terms }: Group): string {
  const [first, ...others] = terms
  // A group of one group would have two pairs of brackets.
  const isGroupAlone = first !== undefined && others.length === 0 && isGroup(first) && first.type !== '$not'
  const texts = terms.map(termText).join(type === '$or' ? ' or ' : ' and ')
  const inBrackets = isGroupAlone ? texts : `(${texts})`
  return type === '$not' ? `not ${inBrackets}` : inBrackets
}
