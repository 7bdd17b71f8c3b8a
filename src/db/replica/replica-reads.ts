import { hasCode } from '../../has-code.ts'
import { counter, histogram } from '../../metrics/metric.ts'
import { Refusal } from '../../refusal.ts'
import { SQLSTATE } from '../database-errors.ts'
import type { Database, Db } from '../db.ts'
import type { Sql } from '../sql.ts'
import { positionOf } from './position.ts'
import { openReplica } from './replica.ts'
import { type Reason, watchReplica } from './replica-watch.ts'

type Options = {
  /** As in DATABASE_REPLICA_URL. */
  url: string
  timeout_s: number
  log(message: string, error?: unknown): void
}

/**
 * The same database, with its `reads` from a replica: from a snapshot that shows everything that was acknowledged
 * before the call. If the replica cannot provide that, the primary is read instead; only the log shows it.
 */
export function withReplica(primary: Database, { url, timeout_s, log }: Options): Database {
  const replica = openReplica(url, timeout_s)
  const watch = watchReplica(primary, replica, log)

  async function snapshot<Result>(read: (tx: Db) => Promise<Result>): Promise<Result> {
    const readPrimary = (reason: Reason) => {
      reads_total(reason).value++
      return primary.reads.snapshot(read)
    }
    const reason = watch.reason()
    if (reason) return readPrimary(reason)
    const started_ms = performance.now()
    const position = await positionOf(primary).catch(() => undefined)
    if (!position) return primary.reads.snapshot(read)
    try {
      const result = await replica.snapshot(position, (tx) => {
        waits().add((performance.now() - started_ms) / 1000)
        return read(tx)
      })
      reads_total('replica').value++
      return result
    } catch (error) {
      if (isOfTheQuery(error)) throw error
      return readPrimary(watch.note(error))
    }
  }
  const reads = {
    snapshot,
    query: <Row>(statement: Sql) => snapshot((tx) => tx.query<Row>(statement)),
    first: <Row>(statement: Sql) => snapshot((tx) => tx.first<Row>(statement)),
    distribution: primary.distribution,
  }
  const close = async () => {
    await watch.close()
    await replica.close()
    await primary.close()
  }
  return { ...primary, reads, close }
}

/**
 * Whether the primary would fail alike: by a refusal, a value that no database accepts, or the time limit of the read
 * itself.
 */
function isOfTheQuery(error: unknown): boolean {
  const { code } = error as { code?: string }
  const isDataException = code?.startsWith('22') ?? false
  return error instanceof Refusal || isDataException || hasCode(error, SQLSTATE.query_canceled)
}

const reads_total = counter({
  name: 'muster_replica_reads_total',
  help: 'Reads for lists and statistics, by who answered: the replica, or why it was the primary',
  labels: ['answer'],
})
const waits = histogram({
  name: 'muster_replica_wait_seconds',
  help: 'Until the replica showed what a read must see',
  bounds: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1],
})
