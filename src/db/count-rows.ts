import { createHash } from 'node:crypto'
import { type DatabaseHolder, withTimeBudget } from './locks/time-budget.ts'
import { type Clock, cachedIfLarge, LARGE_COUNT } from './memory/cached-if-large.ts'
import { type Sql, sql, toQuery } from './sql.ts'

/** Counts the rows of a table that meet a condition. A large count may be some seconds old. */
export const cachedRowCount = (table: Sql) =>
  cachedIfLarge<DatabaseHolder & Clock, Sql, number>(
    async (env, condition) => {
      const row = await withTimeBudget(env, (db) =>
        db.first<{ total: number }>(sql`select count(*) as total from ${table} where ${condition}`),
      )
      return row?.total ?? 0
    },
    {
      name: (condition) =>
        createHash('sha256')
          .update(JSON.stringify(toQuery(condition)))
          .digest('base64'),
      isLarge: (total) => total > LARGE_COUNT,
    },
  )
