import type { Database } from '../src/db/db.ts'
import { type Sql, sql } from '../src/db/sql.ts'
import { type Row, rowOf } from './row.ts'

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5)

type Timed<Prepared, Result> = {
  name: string
  condition?: Sql
  /** Runs before each measurement. */
  prepare?: () => Promise<Prepared>
  work: (prepared: Prepared) => Promise<Result>
  /** Runs after each measurement. */
  undo?: (result: Result) => Promise<unknown>
}

/** Compares the duration of `work` with a `select count(*)` of the devices that meet a condition, alternately. */
export async function versusCount<Prepared, Result>(
  { db, tenant_id }: { db: Database; tenant_id: string },
  { name, condition = sql`true`, prepare, work, undo = async () => {} }: Timed<Prepared, Result>,
): Promise<Row> {
  const count = () => db.query(sql`select count(*) from devices d where d.tenant_id = ${tenant_id} and ${condition}`)
  const [measured, baseline]: [number[], number[]] = [[], []]
  for (let round = 0; round <= ROUNDS; round++) {
    const prepared = (await prepare?.()) as Prepared
    const [ours, theirs] = [await timed(() => work(prepared)), await timed(count)]
    await undo(ours.result)
    if (round === 0) continue
    measured.push(ours.ms)
    baseline.push(theirs.ms)
  }
  return rowOf(name, measured, baseline, 'ms')
}

async function timed<Result>(work: () => Promise<Result>): Promise<{ ms: number; result: Result }> {
  const begun = performance.now()
  const result = await work()
  return { ms: performance.now() - begun, result }
}
