import { termText } from '../texts/terms.ts'
import { type SavedFilter, storedTerms } from './saved-filter.ts'

export const FILTER_COLUMNS = ['name', 'id', 'conditions', 'terms'] as const

/** The terms in words, and as JSON with the members in the order of the API's document. */
export const filterCells = ({ name, id, terms }: SavedFilter): string[] => [
  name,
  id,
  terms.map(termText).join(' and '),
  JSON.stringify(storedTerms(terms)),
]
