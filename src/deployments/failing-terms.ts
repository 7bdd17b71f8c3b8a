import { attributeValue, compile, type Filterable, type FilterTerm } from '../inventory/filter.ts'
import { isVersionOperator, readVersion } from '../inventory/patterns/version.ts'
import { isGroup, termText } from '../texts/terms.ts'
import type { AnyFailingTerm, FailingTerm } from './explanation.ts'

/** The terms that the device does not match, with what it has instead. */
export const failingTerms = (device: Filterable, terms: readonly FilterTerm[]): AnyFailingTerm[] =>
  terms.filter((term) => !compile([term])(device)).map((term) => withActual(device, term))

function withActual(device: Filterable, term: FilterTerm): AnyFailingTerm {
  if (isGroup(term)) return { type: term.type, terms: term.terms.map((one) => withActual(device, one)) }
  const actual = attributeValue(device, term.scope, term.attribute)
  return { ...term, ...(actual === undefined ? {} : { actual }) }
}

/** `inventory/region is eu, but the device has us` */
export function mismatchText(term: AnyFailingTerm): string {
  if ('terms' in term) {
    const facts = new Set(conditionsIn(term).map(factText))
    return `${termText(term)}, but the device has ${[...facts].join(', ')}`
  }
  const { actual } = term
  return `${termText(term)}, but the device has ${actual === undefined ? 'none' : valueText(actual)}${orNoVersion(term)}`
}

const conditionsIn = (term: AnyFailingTerm): FailingTerm[] =>
  'terms' in term ? term.terms.flatMap(conditionsIn) : [term]

/** `inventory/region us`, `no tags/ring` */
const factText = ({ scope, attribute, actual }: FailingTerm): string =>
  actual === undefined ? `no ${scope}/${attribute}` : `${scope}/${attribute} ${valueText(actual)}`

const valueText = (actual: unknown): string => [actual].flat().join(', ')

function orNoVersion({ type, actual }: FailingTerm): string {
  if (!isVersionOperator(type) || actual === undefined) return ''
  const versions = [actual].flat().filter((one) => typeof one === 'string' && readVersion(one))
  return versions.length > 0 ? '' : ', which is no version'
}
