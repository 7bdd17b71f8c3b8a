import type { Database } from '../src/db/db.ts'
import { type Sql, sql } from '../src/db/sql.ts'
import { type Row, rowOf } from './row.ts'

const ROUNDS = Number(process.env.ROUNDS ?? 5)

/** How long something takes against `select count(*)` of the devices that meet a condition, in turns, after one turn for nothing. */
export async function versusCount(
  { db, tenant_id }: { db: Database; tenant_id: string },
  { name, condition = sql`true`, work }: { name: string; condition?: Sql; work: () => Promise<unknown> },
): Promise<Row> {
  const count = () => db.query(sql`select count(*) from devices d where d.tenant_id = ${tenant_id} and ${condition}`)
  const [measured, baseline]: [number[], number[]] = [[], []]
  for (let round = 0; round <= ROUNDS; round++) {
    const [ours, theirs] = [await milliseconds(work), await milliseconds(count)]
    if (round === 0) continue
    measured.push(ours)
    baseline.push(theirs)
  }
  return rowOf(name, measured, baseline, 'ms')
}

export async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now()
  await work()
  return performance.now() - begun
}
