import type { Db } from '../db.ts'
import { sql } from '../sql.ts'

/** A process that has not read for longer compares the versions of its devices, which costs it a query. */
const MAX_AGE_S = 30

/**
 * Removes invalidations that every process which polls reach has read, and notes the newest transaction of which it
 * removed any, so that a reader notices what it may have missed. The age decides only how much stays. Never removes what
 * belongs to a transaction as young as one that is running: a reader could not have seen it.
 *
 * A database that was restored has the transaction IDs of another server: those that do not exist here go at once.
 */
export async function pruneInvalidations(db: Db): Promise<void> {
  await db.query(sql`
    with bounds as (
      select pg_snapshot_xmin(pg_current_snapshot()) as oldest, pg_snapshot_xmax(pg_current_snapshot()) as next, (
        select xid from invalidations where at > clock_timestamp() - make_interval(secs => ${MAX_AGE_S}::int)
        order by xid limit 1) as young
    ), removed as (
      delete from invalidations i using bounds
      where i.xid < least(oldest, young) or i.xid >= next
      returning i.xid
    )
    update invalidations_pruned p
    set xid = coalesce((select r.xid from removed r where r.xid < next order by r.xid desc limit 1),
      case when p.xid < next then p.xid else '0' end)
    from bounds
    where p.xid >= next or exists (select from removed)`)
}
