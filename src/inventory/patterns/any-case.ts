import { type Sql, sql } from '../../db/sql.ts'
import { badRequest } from '../../errors.ts'
import { casesOf } from './case-folding.ts'
import { range, union } from './code-points.ts'
import { POSTGRES, writeSet } from './pattern-dialect.ts'

const LONGEST = 4096

/** A PostgreSQL regular expression for this text in any case: `lower()` folds as the database's collation does, if at all. */
export function anyCase(text: string): string {
  if (text.length > LONGEST) throw badRequest(`a text to search for has at most ${LONGEST} characters`)
  return [...text]
    .map((character) =>
      writeSet(union(...casesOf(character.codePointAt(0) ?? 0).map((code) => range(code))), character, POSTGRES),
    )
    .join('')
}

/** Whether a text of the database holds this text, in any case. */
export const holds = (stored: Sql, text: string): Sql => sql`${stored} ~ ${anyCase(text)}`

export const begins = (stored: Sql, text: string): Sql => sql`${stored} ~ ${`^${anyCase(text)}`}`

/** The same for whatever a jsonpath leads to. */
export const holdsAt = (path: string, text: string): Sql =>
  sql`coalesce(d.attributes @@ ${`${path} like_regex ${JSON.stringify(anyCase(text))}`}::jsonpath, false)`
