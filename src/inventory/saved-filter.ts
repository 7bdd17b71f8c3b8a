import { type Static, Type } from 'typebox'
import { badRequest, invalidField } from '../errors.ts'
import { isGroup } from '../texts/terms.ts'
import { FilterTerm, requireTerms } from './filter.ts'

export const NewFilter = Type.Object(
  {
    name: Type.String({ description: 'Name, unique among the saved filters' }),
    terms: Type.Optional(Type.Array(FilterTerm, { description: 'Required: terms that must all hold' })),
  },
  { title: 'NewFilter', description: 'A filter to save' },
)
export type NewFilter = Static<typeof NewFilter>

export const SavedFilter = Type.Object(
  {
    id: Type.String({ description: 'ID of the filter' }),
    name: Type.String({ description: 'Name of the filter' }),
    terms: Type.Array(FilterTerm, { description: 'Terms that must all hold' }),
  },
  { title: 'Filter', description: 'A saved filter, which selects devices by their attributes' },
)
export type SavedFilter = Static<typeof SavedFilter>

const MAX_NAME_LENGTH = 256

export function requireFilter({ name, terms = [] }: NewFilter): void {
  if (name.trim() === '') throw invalidField('name', 'cannot be blank')
  if (name.length > MAX_NAME_LENGTH) throw invalidField('name', `the length must be no more than ${MAX_NAME_LENGTH}`)
  if (terms.length === 0) throw badRequest('at least one filter term must be provided')
  requireTerms(terms)
}

/** The terms without further members that a request may have. */
export const storedTerms = (terms: readonly FilterTerm[]): FilterTerm[] =>
  terms.map((term) => {
    if (isGroup(term)) return { type: term.type, terms: storedTerms(term.terms) }
    const { scope, attribute, type, value } = term
    return { scope, attribute, type, value }
  })
