import { OPERATORS } from '../../src/texts/terms.ts'
import type { Term } from '../api/filters.ts'

const isNumber = (text: string) => text.trim() !== '' && Number.isFinite(Number(text))

/** Converts the text to a number if the value is numeric. */
export const toScalar = (text: string, numeric: boolean): string | number =>
  numeric && isNumber(text) ? Number(text) : text

export const valuesOf = (value: Term['value']): string[] =>
  [value].flat().flatMap((one) => (one === '' || typeof one === 'boolean' ? [] : [String(one)]))

/** The term with another operator. Its value is kept as far as the operator allows. */
export function withOperator(term: Term, key: string, numeric: boolean): Term {
  const operator = OPERATORS.find((one) => one.key === key)
  if (!operator) return term
  const values = valuesOf(term.value)
  const [first = ''] = values
  const value = {
    nothing: key === 'exists',
    list: values.map((one) => toScalar(one, numeric)) as Term['value'],
    pattern: first,
    version: first,
    value: toScalar(first, numeric),
  }[operator.takes]
  return { ...term, type: operator.type, value }
}
