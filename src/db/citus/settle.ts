import type { Database } from '../db.ts'
import { sql } from '../sql.ts'

/** While nothing is noted, only processes that have just started need it. Asking the machines takes new connections. */
const WHILE_QUIET_S = 2

/**
 * Records up to which transaction everything that was committed on this machine is visible on the machine of each shard.
 * Citus commits here first; a prepared transaction is left on a worker until it is committed there, which takes a minute
 * if a machine failed in between. Of a machine that does not respond nothing becomes known. One process at a time does
 * this, every second.
 */
export async function settle(db: Database): Promise<void> {
  if (!db.distribution.shards) return
  const turn = await takeTurn(db)
  if (!turn) return
  // The order matters: all transactions before this snapshot have prepared their parts, so each is either still prepared
  // when the machines are asked, or visible there.
  const before = await firstUnfinished(db)
  const unsettled = await firstUnsettled(db)
  const settled = (await placements(db)).map((group, shard) => {
    const known = turn.settled?.[shard] ?? 0
    const first = group === COORDINATOR ? before : unsettled.get(group)
    return first === undefined ? known : Math.max(known, Math.min(before, first))
  })
  await db.query(sql`update invalidations_pruned set settled = ${settled}::text[]::xid8[]`)
}

const COORDINATOR = 0

async function takeTurn(db: Database): Promise<{ settled: number[] | undefined } | undefined> {
  const row = await db.first<{ settled: string | null }>(sql`
    update invalidations_pruned set settled_at = clock_timestamp()
    where settled_at < clock_timestamp() - interval '900 milliseconds' and (
      settled is null or settled_at < clock_timestamp() - make_interval(secs => ${WHILE_QUIET_S}::int)
      or exists (
        select from invalidations i where i.xid >= (select s.xid from unnest(settled) as s (xid) order by 1 limit 1)))
    returning settled`)
  return row && { settled: parseSettled(row.settled) }
}

const firstUnfinished = async (db: Database): Promise<number> =>
  (await db.first<{ xid: number }>(sql`select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as xid`))!.xid

/**
 * By group of machines, the first transaction that is committed here and still prepared there; infinity: none. Groups
 * that did not respond are missing.
 */
async function firstUnsettled(db: Database): Promise<Map<number, number>> {
  const machines = await db.query<{ group: number; success: boolean; result: string }>(sql`
    select n.groupid as group, r.success, r.result
    from run_command_on_workers(${PREPARED}) r
      join pg_dist_node n on n.nodename = r.nodename and n.nodeport = r.nodeport and n.noderole = 'primary'`)
  const responding = machines.filter(({ success }) => success)
  const first = new Map(responding.map(({ group }) => [group, Number.POSITIVE_INFINITY]))
  const gids = responding.flatMap(({ result }) => JSON.parse(result) as string[])
  if (gids.length === 0) return first
  const committed = await db.query<{ group: number; xid: number; next: number }>(sql`
    select groupid as group, xmin::text::bigint as xid, pg_snapshot_xmax(pg_current_snapshot())::text::bigint as next
    from pg_dist_transaction where gid = any(${gids}::text[])`)
  for (const { group, xid, next } of committed)
    first.set(group, Math.min(first.get(group) ?? Number.POSITIVE_INFINITY, widened(xid, next)))
  return first
}

/** What the coordinator, whose group is 0, has prepared there. */
const PREPARED = `
  select coalesce(json_agg(gid), '[]') from pg_prepared_xacts
  where database = current_database() and gid like 'citus\\_0\\_%'`

/** The number of a transaction by its last 32 bits; it is less than `next`. */
function widened(xid: number, next: number): number {
  const full = next - (next % 2 ** 32) + xid
  return full < next ? full : full - 2 ** 32
}

/** The group of the machine of each shard of `devices`. */
const placements = async (db: Database): Promise<number[]> => {
  const rows = await db.query<{ group: number }>(sql`
    select (select groupid from pg_dist_placement p where p.shardid = s.shardid limit 1) as group
    from pg_dist_shard s where s.logicalrelid = 'devices'::regclass order by s.shardminvalue::int`)
  return rows.map(({ group }) => group)
}

/** As the column `settled` is returned, or given to a feed of changes. */
export const parseSettled = (text: string | null): number[] | undefined => text?.slice(1, -1).split(',').map(Number)
