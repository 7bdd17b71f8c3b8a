/**
 * What is wrong with the database rather than with what was asked of it, if that is why a statement failed. `away`: nothing
 * was done, or it is not known. `busy`: it would have taken too long, or waited too long for what others hold, or memory or
 * connections ran out; `full`: so did the disk; `failing`: the disk cannot be read or written. Of these nothing was done.
 */
export function classifyDatabaseError(error: unknown): 'away' | 'busy' | 'full' | 'failing' | undefined {
  const { code = '', message = '' } = error as { code?: string; message?: string }
  if (code === DISK_FULL) return 'full'
  if (code === IO_ERROR) return 'failing'
  if (BUSY_CODES.test(code) || BUSY_TEXTS.test(message)) return 'busy'
  if (AWAY_CODES.test(code) || AWAY_TEXTS.test(message)) return 'away'
  return undefined
}

const DISK_FULL = '53100'
const IO_ERROR = '58030'
// Cancelled by a time limit, waited too long for a lock, insufficient resources.
const BUSY_CODES = /^(57014|55P03|53...)$/
// The driver gives no codes of its own.
const BUSY_TEXTS = /^(timeout exceeded when trying to connect|Query read timeout)$/

// Connection refused or lost, server starting or stopping, a transaction ended because nothing came.
const AWAY_CODES = /^(ECONNREFUSED|ECONNRESET|ENOENT|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|08...|57P0[123]|25P03)$/
const AWAY_TEXTS =
  /^(Connection terminated|Client has encountered a connection error|Cannot use a pool after calling end)/
