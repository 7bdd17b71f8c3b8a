import { createHash } from 'node:crypto'
import { type Holder, patiently } from './locks/patience.ts'
import { type Clock, keptIfLarge } from './memory/kept.ts'
import { type Sql, sql, toQuery } from './sql.ts'

const LARGE = 50_000

/** How many rows of a table meet a condition; of very many some seconds old. */
export const countedRows = (table: Sql) =>
  keptIfLarge<Holder & Clock, Sql, number>(
    async (env, condition) => {
      const row = await patiently(env, (db) =>
        db.first<{ total: number }>(sql`select count(*) as total from ${table} where ${condition}`),
      )
      return row?.total ?? 0
    },
    {
      name: (condition) =>
        createHash('sha256')
          .update(JSON.stringify(toQuery(condition)))
          .digest('base64'),
      isLarge: (total) => total > LARGE,
    },
  )
