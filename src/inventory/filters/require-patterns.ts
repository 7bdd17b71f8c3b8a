import { SQLSTATE } from '../../db/database-errors.ts'
import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { badPattern } from '../../errors.ts'
import { hasCode } from '../../has-code.ts'
import { conditionsIn, type FilterTerm } from '../filter.ts'
import { toPostgres } from '../patterns/pattern.ts'

/** Rejects patterns that PostgreSQL finds too complex: only PostgreSQL itself can measure that. */
export async function requirePatterns(db: Db, terms: readonly FilterTerm[]): Promise<void> {
  const patterns = conditionsIn(terms)
    .filter(({ type }) => type === '$regex')
    .flatMap(({ value }) => toPostgres(value as string).map(({ regex }) => regex))
  if (patterns.length === 0) return
  try {
    await db.query(sql`
      select count(*) filter (where '' ~ pattern) from unnest(${patterns}::text[]) as p (pattern)`)
  } catch (error) {
    if (!hasCode(error, SQLSTATE.invalid_regular_expression)) throw error
    throw badPattern('too complex: use fewer or smaller repeats and word boundaries')
  }
}
