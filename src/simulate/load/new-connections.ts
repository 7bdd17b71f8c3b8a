import http from 'node:http'
import https from 'node:https'
import { TLSSocket } from 'node:tls'

export type NewConnections = {
  agent: http.Agent
  /** Connections opened since the last `clear`, and how many of them resumed a TLS session. */
  counts(): { opened: number; resumed: number }
  clear(): void
}

/**
 * An agent that opens a connection for each request. `resumes`: those by TLS resume the latest session of any of them, as
 * a device resumes its own; without it, every handshake is a full one.
 */
export function openNewConnections(url: string, { resumes }: { resumes: boolean }): NewConnections {
  const counts = { opened: 0, resumed: 0 }
  const options = { keepAlive: false, rejectUnauthorized: false, maxCachedSessions: resumes ? 1 : 0 }
  const agent = url.startsWith('https:') ? new https.Agent(options) : new http.Agent(options)
  const create = agent.createConnection.bind(agent)
  agent.createConnection = (...given) => {
    const socket = create(...given)
    const count = () => {
      counts.opened++
      if (socket instanceof TLSSocket && socket.isSessionReused()) counts.resumed++
    }
    socket?.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', count)
    return socket
  }
  return {
    agent,
    counts: () => ({ ...counts }),
    clear: () => Object.assign(counts, { opened: 0, resumed: 0 }),
  }
}
