/** Error codes of PostgreSQL by their condition names (its documentation, appendix A). */
export const SQLSTATE = {
  connection_failure: '08006',
  feature_not_supported: '0A000',
  invalid_regular_expression: '2201B',
  unique_violation: '23505',
  read_only_sql_transaction: '25006',
  in_failed_sql_transaction: '25P02',
  serialization_failure: '40001',
  deadlock_detected: '40P01',
  duplicate_database: '42P04',
  disk_full: '53100',
  lock_not_available: '55P03',
  query_canceled: '57014',
  cannot_connect_now: '57P03',
  io_error: '58030',
  internal_error: 'XX000',
} as const

/** Makes the transaction run again, as after a serialization failure: what it has read does not hold any more. */
export const staleTransaction = (): Error =>
  Object.assign(new Error('The transaction was based on data that has changed since.'), {
    code: SQLSTATE.serialization_failure,
  })

/** A statement was in flight, or what it was based on was read, when a failover had begun another history. */
export const historyChanged = (): Error =>
  Object.assign(new Error('Another server, or another timeline, answers as the database now.'), {
    code: SQLSTATE.connection_failure,
  })

/**
 * The name of the constraint that a failed statement violated, or the code of the violation; undefined: none did. The
 * coordinator of a Citus cluster repeats only the message of a worker, with the name of the constraint of the shard.
 */
export function violatedConstraint(error: unknown): string | undefined {
  const { code, constraint, message = '' } = error as { code?: string; constraint?: string; message?: string }
  return code?.startsWith('23') ? (constraint ?? OF_SHARD.exec(message)?.[1] ?? code) : undefined
}

const OF_SHARD = /constraint "(\w+)_\d+"$/

/**
 * The state of the database that made a statement fail; undefined: the statement is at fault. `away`: nothing was done,
 * or the outcome is unknown. In the other states nothing was done. `busy`: a time limit was reached, or memory or
 * connections ran out; `full`: the disk is; `failing`: the disk cannot be read or written.
 */
export function classifyDatabaseError(error: unknown): 'away' | 'busy' | 'full' | 'failing' | undefined {
  const { code = '', message = '' } = error as { code?: string; message?: string }
  if (code === SQLSTATE.disk_full) return 'full'
  if (code === SQLSTATE.io_error) return 'failing'
  if (BUSY_CODES.test(code) || BUSY_TEXTS.test(message)) return 'busy'
  if (AWAY_CODES.test(code) || AWAY_SYSTEM_CODES.has(code) || AWAY_TEXTS.test(message)) return 'away'
  if (code === SQLSTATE.internal_error && WORKER_AWAY_TEXTS.test(message)) return 'away'
  return undefined
}

/** What the driver throws if a statement gets no answer in time. It has no code. */
export const QUERY_TIMEOUT_TEXT = 'Query read timeout'

// query_canceled (by a time limit), lock_not_available, and the class insufficient_resources.
const BUSY_CODES = /^(57014|55P03|53...)$/
// The errors of the driver have no codes.
const BUSY_TEXTS = new RegExp(`^(timeout exceeded when trying to connect|${QUERY_TIMEOUT_TEXT})$`)

// Connection failures, server starting or stopping, idle_in_transaction_session_timeout, or the server is a standby.
const AWAY_CODES = /^(08...|57P0[1-5]|25P03|25006)$/
const AWAY_SYSTEM_CODES = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'ENOENT'],
  ...['EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'ENETDOWN', 'ENOTFOUND', 'EAI_AGAIN'],
])
const AWAY_TEXTS = new RegExp(
  '^(Connection terminated|Client has encountered a connection error|Client was closed' +
    '|Cannot use a pool after calling end)',
)
// What the coordinator of a Citus cluster says without a code of its own if it loses a worker.
const WORKER_AWAY_TEXTS = new RegExp(
  '^(failure on connection marked as essential|server closed the connection|could not (send|receive) data' +
    '|no connection to the server|connection not open|SSL (connection|SYSCALL))',
)
