import { createHash } from 'node:crypto'
import { keptIfLarge } from '../db/kept.ts'
import { patiently } from '../db/patience.ts'
import { type Sql, sql, toQuery } from '../db/sql.ts'
import type { Env } from '../env.ts'

const LARGE = 50_000

const counts = keptIfLarge<Env, Sql, number>(
  async (env, condition) => {
    const row = await patiently(env, (db) =>
      db.first<{ total: number }>(sql`select count(*) as total from devices d where ${condition}`),
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

/** How many devices meet a condition; of very many some seconds old. */
export const countMatching = counts.ask

export const isKnownToBeMany = counts.has
