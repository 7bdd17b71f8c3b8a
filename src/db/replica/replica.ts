import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { checkOut, connectionOptions, queryOn, SNAPSHOT } from '../connections.ts'
import { classifyDatabaseError } from '../database-errors.ts'
import type { Db } from '../db.ts'
import { sql, toQuery } from '../sql.ts'
import { IDENTITY } from './position.ts'
import { OBJECTIONS, type Objection, objectionTo, type Position, type ReplicaStatus } from './replica-status.ts'

/** The server behind DATABASE_REPLICA_URL. */
export type Replica = {
  /** Reads of one moment, not before a position. Throws `Unfit` where it cannot show that. */
  snapshot<Result>(position: Position, read: (tx: Db) => Promise<Result>): Promise<Result>
  /** Whether it shows a position in time, as any read would find; answers how many bytes it was behind when asked. */
  probe(position: Position): Promise<number>
  /** Ends what is read from it just now. */
  abandon(): void
  close(): Promise<void>
}

/** It cannot answer for the position. */
export class UnusableReplica extends Error {
  readonly objection: Objection
  readonly bytes_behind: number

  constructor(objection: Objection, bytes_behind: number) {
    super(OBJECTIONS[objection])
    this.objection = objection
    this.bytes_behind = bytes_behind
  }
}

/** Rather than an answer of the server, nothing more comes of it. */
const isLost = (error: unknown) => !(error instanceof pg.DatabaseError) && classifyDatabaseError(error) !== undefined

const MOST_CONNECTIONS = 10
/** Behind a balancer, connections move to replicas that have come back. */
const LIFETIME_S = 300
const ANSWERS_WITHIN_MS = 2000
const REPLAYS_WITHIN_MS = 300
const LONGEST_PAUSE_MS = 16

/** `patience_s` as for the primary. */
export function openReplica(url: string, patience_s?: number): Replica {
  const options = { ...connectionOptions(url, patience_s), connectionTimeoutMillis: ANSWERS_WITHIN_MS }
  const pool = new pg.Pool({ ...options, max: MOST_CONNECTIONS, maxLifetimeSeconds: LIFETIME_S })
  // Apart, so that it is no news when all connections are at work.
  const probes = new pg.Pool({ ...options, max: 1, maxLifetimeSeconds: LIFETIME_S })
  for (const one of [pool, probes]) one.on('error', () => {})
  const reading = new Set<pg.PoolClient>()
  return {
    snapshot: async (position, read) => {
      const { client, release: giveBack } = await checkOut(pool)
      reading.add(client)
      try {
        await enter(client, position)
        const result = await read(queryOn(client))
        await client.query('commit')
        return result
      } catch (error) {
        if (isLost(error)) giveBack(error as Error)
        else await client.query('rollback').catch(giveBack)
        throw error
      } finally {
        reading.delete(client)
        giveBack()
      }
    },
    probe: async (position) => {
      const { client, release: giveBack } = await checkOut(probes)
      try {
        const bytes_behind = await enter(client, position)
        await client.query('commit')
        return bytes_behind
      } catch (error) {
        giveBack(error as Error)
        throw error
      } finally {
        giveBack()
      }
    },
    abandon: () => {
      for (const client of reading) void client.end().catch(() => {})
    },
    close: async () => {
      await Promise.all([pool.end(), probes.end()])
    },
  }
}

/**
 * One message, so that no pooler comes between what is looked at and what is read then. The second transaction sees a
 * later moment than the look.
 */
const ENTER = `begin read only;
  ${
    toQuery(sql`
    select ${IDENTITY} as identity, pg_is_in_recovery() as in_recovery, min_recovery_end_timeline as timeline,
      (pg_last_wal_replay_lsn() - '0/0')::bigint as replayed
    from pg_control_system(), pg_control_recovery()`).text
  };
  commit; ${SNAPSHOT}`

/** Begins a snapshot once the position is replayed; answers how far that was when first asked. */
async function enter(client: pg.PoolClient, position: Position): Promise<number> {
  const deadline = performance.now() + REPLAYS_WITHIN_MS
  let shown = await look(client, ENTER)
  const bytes_behind = Math.max(0, position.lsn - (shown.replayed ?? 0))
  for (let pause_ms = 1; ; pause_ms = Math.min(2 * pause_ms, LONGEST_PAUSE_MS)) {
    const objection = objectionTo(shown, position)
    if (!objection) return bytes_behind
    if (objection !== 'behind' || performance.now() + pause_ms > deadline)
      throw new UnusableReplica(objection, bytes_behind)
    await sleep(pause_ms)
    shown = await look(client, `rollback; ${ENTER}`)
  }
}

async function look(client: pg.PoolClient, text: string): Promise<ReplicaStatus> {
  const answers = (await client.query({ text, query_timeout: ANSWERS_WITHIN_MS } as pg.QueryConfig)) as unknown
  const row = (answers as pg.QueryResult<ReplicaStatus>[]).flatMap(({ rows }) => rows)[0]
  if (!row) throw new Error('The replica does not say how far it is.')
  return row
}
