import { hasCode } from '../../has-code.ts'
import { gauge } from '../../metrics/metric.ts'
import { repeat } from '../../repeat.ts'
import { throttle } from '../../throttle.ts'
import { classifyDatabaseError, QUERY_TIMEOUT_TEXT, SQLSTATE } from '../database-errors.ts'
import type { Database } from '../db.ts'
import { positionOf } from './position.ts'
import { type Replica, UnusableReplica } from './replica.ts'
import type { UnusableReason } from './replica-status.ts'

/** Why the primary is read instead of the replica. */
export type Reason = UnusableReason | 'unknown' | 'away' | 'busy' | 'conflict' | 'failed'
type Log = (message: string, error?: unknown) => void

/** Whether the replica can be read. */
export type Watch = {
  /** Why it cannot; undefined: it can. */
  reason(): Reason | undefined
  /**
   * Notes that a read failed, and returns why. If others would fail too, the replica is not read before the next probe.
   */
  note(error: unknown): Reason
  close(): Promise<void>
}

const PROBE_INTERVAL_MS = 1000
/** A replica that comes and goes does not fill the log. */
const LOG_INTERVAL_MS = 10_000
const LASTING = new Set<Reason>(['foreign', 'promoted', 'diverged', 'behind', 'away'])

/**
 * Probes the replica every second, so that no request is the one to find a failure. It is not read before the first
 * probe.
 */
export function watchReplica(primary: Database, replica: Replica, log: Log): Watch {
  const state: State = { reason: 'unknown', bytes_behind: 0 }
  const mayLog = throttle(LOG_INTERVAL_MS)
  const noteFailure = (error: unknown, { fromProbe }: { fromProbe?: boolean } = {}): Reason => {
    const reason = reasonOf(error)
    const isLasting = fromProbe || LASTING.has(reason)
    if ((!isLasting || reason !== state.reason) && mayLog(reason))
      log(`lists and statistics come from the primary: ${(error as Error).message}`, error)
    if (isLasting) state.reason = reason
    return reason
  }
  const probe = async () => {
    const position = await positionOf(primary).catch(() => undefined)
    // Without its primary, the state of a replica cannot be determined.
    if (!position) return
    try {
      state.bytes_behind = await replica.probe(position)
      if (state.reason && mayLog('replica')) log('lists and statistics come from the replica')
      state.reason = undefined
    } catch (error) {
      if (error instanceof UnusableReplica) state.bytes_behind = error.bytes_behind
      if (noteFailure(error, { fromProbe: true }) === 'away') replica.abandon()
    }
  }
  states.add(state)
  const probing = repeat(probe, { pause_ms: PROBE_INTERVAL_MS, failed: (error) => noteFailure(error) })
  return {
    reason: () => state.reason,
    note: (error) => noteFailure(error),
    close: async () => {
      await probing.stop()
      states.delete(state)
    },
  }
}

function reasonOf(error: unknown): Reason {
  if (error instanceof UnusableReplica) return error.reason
  // Replaying the log needed rows or locks that the read held.
  if (hasCode(error, SQLSTATE.serialization_failure, SQLSTATE.deadlock_detected)) return 'conflict'
  if ((error as Error).message === QUERY_TIMEOUT_TEXT) return 'away'
  const trouble = classifyDatabaseError(error)
  return trouble === 'away' || trouble === 'busy' ? trouble : 'failed'
}

type State = { reason: Reason | undefined; bytes_behind: number }
const states = new Set<State>()
const samples = (read: (state: State) => number) => () =>
  [...states].map((state) => ({ labels: {}, value: read(state) }))

gauge(
  { name: 'muster_replica_up', help: 'Whether lists and statistics come from the replica', aggregator: 'min' },
  samples(({ reason }) => (reason ? 0 : 1)),
)
gauge(
  { name: 'muster_replica_lag_bytes', help: 'Log that the replica had still to replay when asked', aggregator: 'max' },
  samples(({ bytes_behind }) => bytes_behind),
)
