import { hasCode } from '../../error-code.ts'
import { gauge } from '../../metrics/metric.ts'
import { repeat } from '../../repeat.ts'
import { throttle } from '../../throttle.ts'
import { classifyDatabaseError, QUERY_TIMEOUT_TEXT, SQLSTATE } from '../database-errors.ts'
import type { Database } from '../db.ts'
import { positionOf } from './position.ts'
import { type Replica, UnusableReplica } from './replica.ts'
import type { Objection } from './replica-status.ts'

/** Why the primary answers instead. */
export type Reason = Objection | 'unknown' | 'away' | 'busy' | 'conflict' | 'failed'
type Tell = (what: string, error?: unknown) => void

/** Whether the replica is worth asking. */
export type Watch = {
  /** Why not. */
  reason(): Reason | undefined
  /** A read failed there; answers why. Where others would fail alike, it is not asked again before the next probe. */
  note(error: unknown): Reason
  close(): Promise<void>
}

const PROBED_EVERY_MS = 1000
/** A replica that comes and goes does not fill the log. */
const LOG_INTERVAL_MS = 10_000
const LASTING = new Set<Reason>(['foreign', 'promoted', 'diverged', 'behind', 'away'])

/** Looks every second, so that no request has to find out. Until the first look it is not asked. */
export function watchReplica(primary: Database, replica: Replica, tell: Tell): Watch {
  const standing: Standing = { reason: 'unknown', bytes_behind: 0 }
  const mayLog = throttle(LOG_INTERVAL_MS)
  const news = (about: string, what: string, error?: unknown) => {
    if (mayLog(about)) tell(what, error)
  }
  const blame = (error: unknown, { lasting }: { lasting?: boolean } = {}): Reason => {
    const reason = reasonOf(error)
    const lasts = lasting || LASTING.has(reason)
    if (!lasts || reason !== standing.reason)
      news(reason, `lists and statistics come from the primary: ${(error as Error).message}`, error)
    if (lasts) standing.reason = reason
    return reason
  }
  const probe = async () => {
    const position = await positionOf(primary).catch(() => undefined)
    // Nothing can be said of a replica without its primary.
    if (!position) return
    try {
      standing.bytes_behind = await replica.probe(position)
      if (standing.reason) news('replica', 'lists and statistics come from the replica')
      standing.reason = undefined
    } catch (error) {
      if (error instanceof UnusableReplica) standing.bytes_behind = error.bytes_behind
      if (blame(error, { lasting: true }) === 'away') replica.abandon()
    }
  }
  standings.add(standing)
  const probing = repeat(probe, { pause_ms: PROBED_EVERY_MS, failed: (error) => blame(error) })
  return {
    reason: () => standing.reason,
    note: (error) => blame(error),
    close: async () => {
      await probing.stop()
      standings.delete(standing)
    },
  }
}

function reasonOf(error: unknown): Reason {
  if (error instanceof UnusableReplica) return error.objection
  // The replay of the log needs what a read holds.
  if (hasCode(error, SQLSTATE.serialization_failure, SQLSTATE.deadlock_detected)) return 'conflict'
  if ((error as Error).message === QUERY_TIMEOUT_TEXT) return 'away'
  const trouble = classifyDatabaseError(error)
  return trouble === 'away' || trouble === 'busy' ? trouble : 'failed'
}

type Standing = { reason: Reason | undefined; bytes_behind: number }
const standings = new Set<Standing>()
const each = (read: (standing: Standing) => number) => () =>
  [...standings].map((standing) => ({ labels: {}, value: read(standing) }))

gauge(
  { name: 'muster_replica_up', help: 'Whether lists and statistics come from the replica', aggregator: 'min' },
  each(({ reason }) => (reason ? 0 : 1)),
)
gauge(
  { name: 'muster_replica_lag_bytes', help: 'Log that the replica had still to replay when asked', aggregator: 'max' },
  each(({ bytes_behind }) => bytes_behind),
)
