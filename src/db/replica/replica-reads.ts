import { hasCode } from '../../error-code.ts'
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
  patience_s: number
  tell(what: string, error?: unknown): void
}

/**
 * The same database, but a replica answers its `reads`: with a moment that shows all that was acknowledged before they were
 * asked. What it cannot answer is answered by the primary, and nobody is told but the log.
 */
export function withReplica(primary: Database, { url, patience_s, tell }: Options): Database {
  const replica = openReplica(url, patience_s)
  const watch = watchReplica(primary, replica, tell)

  async function snapshot<Result>(read: (tx: Db) => Promise<Result>): Promise<Result> {
    const instead = (reason: Reason) => {
      answered(reason).value++
      return primary.reads.snapshot(read)
    }
    const reason = watch.reason()
    if (reason) return instead(reason)
    const begun = performance.now()
    const position = await positionOf(primary).catch(() => undefined)
    if (!position) return primary.reads.snapshot(read)
    try {
      const result = await replica.snapshot(position, (tx) => {
        waits().add((performance.now() - begun) / 1000)
        return read(tx)
      })
      answered('replica').value++
      return result
    } catch (error) {
      if (isAboutTheQuestion(error)) throw error
      return instead(watch.note(error))
    }
  }
  const reads = {
    snapshot,
    query: <Row>(statement: Sql) => snapshot((tx) => tx.query<Row>(statement)),
    first: <Row>(statement: Sql) => snapshot((tx) => tx.first<Row>(statement)),
  }
  const close = async () => {
    await watch.close()
    await replica.close()
    await primary.close()
  }
  return { ...primary, reads, close }
}

/** The primary would say the same: a refusal, a value that no database takes, a time limit of the read's own. */
function isAboutTheQuestion(error: unknown): boolean {
  const { code } = error as { code?: string }
  const isDataException = code?.startsWith('22') ?? false
  return error instanceof Refusal || isDataException || hasCode(error, SQLSTATE.query_canceled)
}

const answered = counter({
  name: 'muster_replica_reads_total',
  help: 'Reads for lists and statistics, by who answered: the replica, or why it was the primary',
  labels: ['answer'],
})
const waits = histogram({
  name: 'muster_replica_wait_seconds',
  help: 'Until the replica showed what a read must see',
  bounds: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1],
})
