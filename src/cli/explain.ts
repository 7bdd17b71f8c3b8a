import { ServerError } from '../client/server-error.ts'
import { ConfigError } from '../config.ts'
import { Refusal } from '../refusal.ts'

/** What to tell the operator about an error: a sentence where we know what it means, the stack where it is a bug. */
export function explain(error: unknown): { text: string; exit_code: number } {
  if (error instanceof ConfigError) return { text: error.message, exit_code: 2 }
  const { name, code, syscall, path, message, stack } = error as NodeJS.ErrnoException
  // Closing failed as well: why anything was closed matters.
  if (name === 'SuppressedError') return explain((error as { suppressed?: unknown }).suppressed)
  if (syscall === 'listen' || syscall === 'bind' || syscall === 'getaddrinfo')
    return told(cannotListen(error as ListenError))
  if (error instanceof Refusal || error instanceof ServerError) return told(message)
  if (isFromDatabase(error)) return told(`The database cannot be used: ${message || code}. Check DATABASE_URL.`)
  if (path !== undefined) return told(`${message}. Check the paths in the configuration.`)
  if (code !== undefined || error?.constructor === Error) return told(message)
  return told(stack ?? String(error))
}

const told = (text: string) => ({ text, exit_code: 1 })

type ListenError = { code?: string; address?: string; hostname?: string; port?: number }

function cannotListen({ code, address, hostname, port }: ListenError): string {
  const where = `Cannot listen on ${[address ?? hostname, port].filter((part) => part !== undefined).join(':')}`
  if (code === 'EADDRINUSE')
    return `${where}: the port is in use. Stop the program that uses it, or choose another port with MUSTER_PORT.`
  if (code === 'EACCES')
    return `${where}: permission denied. Choose a port above 1023 with MUSTER_PORT, or put a proxy in front.`
  return `${where}: this machine has no such address (${code}). Set MUSTER_HOST to one of its addresses, or to 0.0.0.0 for all.`
}

/** Refused connections come without a message, or as several errors in one; everything the server says has a severity. */
const isFromDatabase = (error: unknown): boolean =>
  error instanceof AggregateError ||
  (error as { syscall?: string }).syscall === 'connect' ||
  (error as { severity?: string }).severity !== undefined
