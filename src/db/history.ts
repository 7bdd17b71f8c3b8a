import type pg from 'pg'
import { historyChanged, SQLSTATE } from './database-errors.ts'

/**
 * Which history of the database the connections of a process read. A failover may lose transactions, and then begins
 * another history: the versions of rows are assigned a second time, with other contents.
 */
export type History = {
  /** Grows with each change: what was read at another number says nothing about the rows of today. */
  number(): number
  /** Finds out which history a new connection reads, before its first statement. Throws if it is not the primary's. */
  identify(client: pg.ClientBase): Promise<void>
}

/**
 * The database of a cluster, and the timeline that the cluster writes. A promotion begins another timeline; the control
 * file has it only after the next checkpoint, a name of a log file at once.
 */
const WHERE = `
  select system_identifier || '/' || (select oid from pg_database where datname = current_database()) as identity,
    case when not pg_is_in_recovery() then left(pg_walfile_name(pg_current_wal_flush_lsn()), 8) end as timeline
  from pg_control_system()`
type Where = { identity: string; timeline: string | null }

/**
 * All connections of a process read one history: when a new connection reads another one, those before it are
 * destroyed, with the statements in flight on them. So a result that arrives while the number is `n` was read from the
 * history `n`, and what two of them say belongs together if the number was the same before the first and after the
 * second.
 */
export function openHistory(log: (message: string) => void = () => {}): History {
  let number = 0
  let known: string | undefined
  const identified = new Set<pg.Client>()

  const change = () => {
    number++
    for (const client of identified) client.connection.stream.destroy(historyChanged())
    identified.clear()
    log('another server, or another timeline, answers as the database: what was known of its rows is forgotten')
  }
  return {
    number: () => number,
    identify: async (connected) => {
      const client = connected as pg.Client
      const { identity, timeline } = (await client.query<Where>(WHERE)).rows[0]!
      if (timeline === null) throw standbyReached()
      const found = `${identity}/${timeline}`
      if (known !== undefined && found !== known) change()
      known = found
      identified.add(client)
      client.once('end', () => identified.delete(client))
    },
  }
}

const standbyReached = (): Error =>
  Object.assign(new Error('The server reached as the database is a standby: it can only be read.'), {
    code: SQLSTATE.read_only_sql_transaction,
  })
