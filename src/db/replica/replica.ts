import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { checkOut, connectionOptions, queryOn, SNAPSHOT } from '../connections.ts'
import { classifyDatabaseError } from '../database-errors.ts'
import type { Db } from '../db.ts'
import { sql, toQuery } from '../sql.ts'
import { IDENTITY } from './position.ts'
import { type Position, type ReplicaStatus, UNUSABLE, type UnusableReason, unusableFor } from './replica-status.ts'

/** The server at DATABASE_REPLICA_URL. */
export type Replica = {
  /**
   * Reads from one snapshot that includes the position. Throws `UnusableReplica` if the replica does not show it in
   * time.
   */
  snapshot<Result>(position: Position, read: (tx: Db) => Promise<Result>): Promise<Result>
  /** Throws like `snapshot`; returns by how many bytes the replica was behind at first. */
  probe(position: Position): Promise<number>
  /** Ends the reads in progress. */
  abandon(): void
  close(): Promise<void>
}

/** The replica does not show the position. */
export class UnusableReplica extends Error {
  readonly reason: UnusableReason
  readonly bytes_behind: number

  constructor(reason: UnusableReason, bytes_behind: number) {
    super(UNUSABLE[reason])
    this.reason = reason
    this.bytes_behind = bytes_behind
  }
}

/** Whether the connection is lost, rather than that the server reports an error. */
const isLost = (error: unknown) => !(error instanceof pg.DatabaseError) && classifyDatabaseError(error) !== undefined

const MAX_CONNECTIONS = 10
/** Behind a load balancer, new connections reach replicas that have come back. */
const LIFETIME_S = 300
const RESPONSE_TIMEOUT_MS = 2000
const REPLAY_TIMEOUT_MS = 300
const MAX_PAUSE_MS = 16

/** `timeout_s` as for the primary. */
export function openReplica(url: string, timeout_s?: number): Replica {
  const options = { ...connectionOptions(url, timeout_s), connectionTimeoutMillis: RESPONSE_TIMEOUT_MS }
  const pool = new pg.Pool({ ...options, max: MAX_CONNECTIONS, maxLifetimeSeconds: LIFETIME_S })
  // Separate, so that a probe does not fail because all connections are in use.
  const probes = new pg.Pool({ ...options, max: 1, maxLifetimeSeconds: LIFETIME_S })
  for (const one of [pool, probes]) one.on('error', () => {})
  const reading = new Set<pg.PoolClient>()
  return {
    snapshot: async (position, read) => {
      const { client, release } = await checkOut(pool)
      reading.add(client)
      try {
        await beginAt(client, position)
        const result = await read(queryOn(client))
        await client.query('commit')
        return result
      } catch (error) {
        if (isLost(error)) release(error as Error)
        else await client.query('rollback').catch(release)
        throw error
      } finally {
        reading.delete(client)
        release()
      }
    },
    probe: async (position) => {
      const { client, release } = await checkOut(probes)
      try {
        const bytes_behind = await beginAt(client, position)
        await client.query('commit')
        return bytes_behind
      } catch (error) {
        release(error as Error)
        throw error
      } finally {
        release()
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
 * Reads the status, then begins the transaction whose snapshot is later than it. In one message, so that a pooler
 * cannot send the two to different servers.
 */
const BEGIN = `begin read only;
  ${
    toQuery(sql`
    select ${IDENTITY} as identity, pg_is_in_recovery() as in_recovery, min_recovery_end_timeline as timeline,
      (pg_last_wal_replay_lsn() - '0/0')::bigint as replayed
    from pg_control_system(), pg_control_recovery()`).text
  };
  commit; ${SNAPSHOT}`

/** Begins a snapshot once the position is replayed. Returns by how many bytes the replica was behind at first. */
async function beginAt(client: pg.PoolClient, position: Position): Promise<number> {
  const deadline = performance.now() + REPLAY_TIMEOUT_MS
  let status = await readStatus(client, BEGIN)
  const bytes_behind = Math.max(0, position.lsn - (status.replayed ?? 0))
  for (let pause_ms = 1; ; pause_ms = Math.min(2 * pause_ms, MAX_PAUSE_MS)) {
    const reason = unusableFor(position, status)
    if (!reason) return bytes_behind
    if (reason !== 'behind' || performance.now() + pause_ms > deadline) throw new UnusableReplica(reason, bytes_behind)
    await sleep(pause_ms)
    status = await readStatus(client, `rollback; ${BEGIN}`)
  }
}

async function readStatus(client: pg.PoolClient, text: string): Promise<ReplicaStatus> {
  const results = (await client.query({ text, query_timeout: RESPONSE_TIMEOUT_MS } as pg.QueryConfig)) as unknown
  const row = (results as pg.QueryResult<ReplicaStatus>[]).flatMap(({ rows }) => rows)[0]
  if (!row) throw new Error('The replica does not say how far it is.')
  return row
}
