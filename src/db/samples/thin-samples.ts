import type { Database } from '../db.ts'
import { raw, sql } from '../sql.ts'

const MINUTE_S = 60
const HOUR_S = 60 * MINUTE_S
const DAY_S = 24 * HOUR_S

/** Samples older than `age_s` that stand for `from` seconds are thinned out to the last of each `to` seconds. */
export const THINNING = [
  { age_s: HOUR_S, from: 0, to: 5 * MINUTE_S },
  { age_s: DAY_S, from: 5 * MINUTE_S, to: HOUR_S },
  { age_s: 90 * DAY_S, from: HOUR_S, to: DAY_S },
] as const
const COARSEST_S = DAY_S

/** The rows of a table are of one series if they are equal in these columns. */
const TABLES = [
  { table: 'deployment_samples', series: ['tenant_id', 'deployment_id'] },
  { table: 'fleet_samples', series: ['tenant_id'] },
] as const

/**
 * Thins out the samples of all tenants, and deletes those that are older than `keep_days`. Of an interval, the last
 * sample remains: a counter that did not change afterwards has that value at its end, too. Several processes may run
 * this at once, and stop at any point.
 */
export async function thinSamples(db: Database, now: Date, keep_days: number): Promise<void> {
  const expired = new Date(now.getTime() - keep_days * DAY_S * 1000).toISOString()
  for (const { table, series } of TABLES) {
    for (const { age_s, from, to } of THINNING) {
      // At the beginning of an interval: no interval is thinned out in parts.
      const before = new Date(Math.floor((now.getTime() / 1000 - age_s) / to) * to * 1000).toISOString()
      const key = [...series, 'time']
      const same = raw(key.map((column) => `s.${column} = old.${column}`).join(' and '))
      await db.transaction((tx) =>
        tx.query(sql`
          with old as (
            select ${raw(key.join(', '))}, row_number() over (
              partition by ${raw(series.join(', '))}, floor(extract(epoch from time) / ${to}::int) order by time desc
            ) as place
            from ${raw(table)} where step = ${from} and time < ${before}
          ), removed as (delete from ${raw(table)} s using old where old.place > 1 and ${same})
          update ${raw(table)} s set step = ${to} from old where old.place = 1 and ${same}`),
      )
    }
    await db.query(sql`delete from ${raw(table)} where step = ${COARSEST_S} and time < ${expired}`)
  }
}
