import type { Server } from 'node:http'

/** Longer than the 60 s for which nginx keeps a connection to a server behind it. */
const LONGEST_MS = 72_000
/** Enough for a device to poll, report and ask again. */
const SHORTEST_MS = 5000
/** Open connections of a process, up to which idle ones are kept as long as possible, and from which on as short. */
const FEW = 2000
const MANY = 10_000
const CHECK_INTERVAL_MS = 1000

/** In whole seconds. */
export function keepAliveFor(open: number): number {
  const share = Math.min(1, Math.max(0, (MANY - open) / (MANY - FEW)))
  return Math.ceil((SHORTEST_MS + share * (LONGEST_MS - SHORTEST_MS)) / 1000) * 1000
}

/**
 * Closes idle connections sooner while there are many: most devices poll again minutes later, and those that leave their
 * connection open until then would fill the memory.
 */
export function fitKeepAlive(server: Server): { stop(): void } {
  server.keepAliveTimeout = LONGEST_MS
  const check = () =>
    server.getConnections((_error, open = 0) => {
      server.keepAliveTimeout = keepAliveFor(open)
    })
  const checking = setInterval(check, CHECK_INTERVAL_MS).unref()
  return { stop: () => clearInterval(checking) }
}
