import { ServerError } from '../client/server-error.ts'
import { ConfigError } from '../config.ts'
import { Refusal } from '../refusal.ts'

/** The message for the operator: a sentence for known kinds of errors, the stack trace for bugs. */
export function explain(error: unknown): { text: string; exit_code: number } {
  if (error instanceof ConfigError) return { text: error.message, exit_code: 2 }
  const { name, code, syscall, path, message, stack } = error as NodeJS.ErrnoException
  // Disposal failed, too: the suppressed error is the original one.
  if (name === 'SuppressedError') return explain((error as { suppressed?: unknown }).suppressed)
  if (syscall === 'listen' || syscall === 'bind' || syscall === 'getaddrinfo')
    return failed(cannotListen(error as ListenError))
  if (error instanceof Refusal || error instanceof ServerError) return failed(message)
  if (isFromDatabase(error)) return failed(`The database cannot be used: ${message || code}. Check DATABASE_URL.`)
  if (path !== undefined) return failed(`${message}. Check the paths in the configuration.`)
  if (code !== undefined || error?.constructor === Error) return failed(message)
  return failed(stack ?? String(error))
}

const failed = (text: string) => ({ text, exit_code: 1 })

type ListenError = { code?: string; address?: string; hostname?: string; port?: number }

function cannotListen({ code, address, hostname, port }: ListenError): string {
  const where = `Cannot listen on ${[address ?? hostname, port].filter((part) => part !== undefined).join(':')}`
  if (code === 'EADDRINUSE')
    return `${where}: the port is in use. Stop the program that uses it, or choose another port with MUSTER_PORT.`
  if (code === 'EACCES')
    return `${where}: permission denied. Choose a port above 1023 with MUSTER_PORT, or put a proxy in front.`
  return `${where}: not an address of this machine (${code}). Set MUSTER_HOST to one of them, or to 0.0.0.0 for all.`
}

/** Refused connections have no message or are aggregate errors; errors that PostgreSQL returns have a severity. */
const isFromDatabase = (error: unknown): boolean =>
  error instanceof AggregateError ||
  (error as { syscall?: string }).syscall === 'connect' ||
  (error as { severity?: string }).severity !== undefined
