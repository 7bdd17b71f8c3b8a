import { type Sql, sql } from '../../db/sql.ts'
import { badRequest } from '../../errors.ts'
import { variantsOf } from './case-folding.ts'
import { range, union } from './code-points.ts'
import { POSTGRES, writeSet } from './pattern-dialect.ts'

const MAX_LENGTH = 4096

/** A PostgreSQL regular expression for a text in any case. `lower()` would depend on the collation of the database. */
export function anyCasePattern(text: string): string {
  if (text.length > MAX_LENGTH) throw badRequest(`a text to search for has at most ${MAX_LENGTH} characters`)
  return [...text]
    .map((character) =>
      writeSet(union(...variantsOf(character.codePointAt(0) ?? 0).map((code) => range(code))), character, POSTGRES),
    )
    .join('')
}

/** Whether a stored text contains a text, ignoring case. */
export const containsText = (stored: Sql, text: string): Sql => sql`${stored} ~ ${anyCasePattern(text)}`

/** Whether a stored text starts with a text, ignoring case. */
export const startsWith = (stored: Sql, text: string): Sql => sql`${stored} ~ ${`^${anyCasePattern(text)}`}`

/** The same for the values that a jsonpath selects from the attributes. */
export const pathContainsText = (path: string, text: string): Sql =>
  sql`coalesce(d.attributes @@ ${`${path} like_regex ${JSON.stringify(anyCasePattern(text))}`}::jsonpath, false)`
