import { type Sql, sql } from '../../db/sql.ts'
import { badRequest } from '../../errors.ts'
import { variantsOf } from './case-folding.ts'
import { range, union } from './code-points.ts'
import { POSTGRES, writeSet } from './pattern-dialect.ts'

const MAX_LENGTH = 4096

/** A PostgreSQL regular expression for this text in any case: `lower()` folds as the database's collation does, if at all. */
export function anyCasePattern(text: string): string {
  if (text.length > MAX_LENGTH) throw badRequest(`a text to search for has at most ${MAX_LENGTH} characters`)
  return [...text]
    .map((character) =>
      writeSet(union(...variantsOf(character.codePointAt(0) ?? 0).map((code) => range(code))), character, POSTGRES),
    )
    .join('')
}

/** Whether a text of the database holds this text, in any case. */
export const containsText = (stored: Sql, text: string): Sql => sql`${stored} ~ ${anyCasePattern(text)}`

export const startsWith = (stored: Sql, text: string): Sql => sql`${stored} ~ ${`^${anyCasePattern(text)}`}`

/** The same for whatever a jsonpath leads to. */
export const pathContainsText = (path: string, text: string): Sql =>
  sql`coalesce(d.attributes @@ ${`${path} like_regex ${JSON.stringify(anyCasePattern(text))}`}::jsonpath, false)`
