import { batched } from '../../db/batch.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import type { DownloadLimits } from '../download-limits.ts'
import { type Rate, startsOf } from '../rates.ts'

type Reservation = { tenant_id: string; rate: Rate; bytes: number }

/** After how many milliseconds the bytes may be sent, and the limits as they are now. */
export type Reserved = { wait_ms: number; limits: DownloadLimits }

/**
 * Reserves time to send bytes in. Reservations of all processes follow each other in the row of the rate, by the clock
 * of the database: frequent reservations get no larger share, and nothing is left behind by a process that
 * ends.
 */
export const reserveBytes = batched<Env, Reservation, Reserved>(
  async (env, reservations) => {
    const [{ tenant_id, rate } = { tenant_id: '', rate: { key: '', per_second: 1 } }] = reservations
    const bytes = reservations.map((one) => one.bytes)
    const seconds = bytes.reduce((sum, one) => sum + one, 0) / rate.per_second
    const duration = sql`${seconds}::float8 * interval '1 second'`
    const reserved = await env.db.first<{ ends_in_ms: number; limits: DownloadLimits }>(sql`
      insert into download_rates as r (tenant_id, key, next_at)
      values (${tenant_id}, ${rate.key}, clock_timestamp() + ${duration})
      on conflict (tenant_id, key) do update set next_at = greatest(r.next_at, clock_timestamp()) + ${duration}
      returning (extract(epoch from next_at - clock_timestamp()) * 1000)::float8 as ends_in_ms,
        (select t.download_limits from tenants t where t.tenant_id = ${tenant_id}) as limits`)
    const { ends_in_ms = 0, limits = {} } = reserved ?? {}
    return startsOf(bytes, rate, ends_in_ms).map((wait_ms) => ({ wait_ms, limits }))
  },
  // One run at a time, so that reservations are in the order of the calls. A new rate begins another queue.
  {
    maxInFlight: 1,
    partition: ({ tenant_id, rate }) => `${tenant_id} ${rate.per_second} ${rate.key}`,
    name: 'download_rates',
  },
)
