import { performance } from 'node:perf_hooks'
import { type ConnectionOptions, connect, createSecureContext } from 'node:tls'
import type { Handshake, Job, Outcome } from './load.ts'
import { isComplete, statusOf } from './response.ts'
import { openTimes } from './times.ts'

/**
 * Opens a TLS connection for each request, `connections` at a time, and closes it after the response. A latency begins
 * with the connection.
 */
export async function runNewConnections(
  requests: readonly Buffer[],
  { port, connections, ms, handshake }: Job & { handshake: Handshake },
): Promise<Outcome> {
  const { version, resumes } = handshake
  const secureContext = createSecureContext({ minVersion: version, maxVersion: version })
  const options = { port, host: '127.0.0.1', servername: 'localhost', rejectUnauthorized: false, secureContext }
  const times = openTimes()
  const begun = performance.now()
  let sent = 0
  let resumed = 0
  const continues = (now: number) => (ms === undefined ? sent < requests.length : now < begun + ms)
  const sendInTurn = async () => {
    let session: Buffer | undefined
    for (let now = begun; continues(now); ) {
      const request = requests[sent++ % requests.length]!
      const done = await exchange(session ? { ...options, session } : options, request)
      if (resumes) session = done.session
      if (done.is_resumed) resumed++
      times.record(done.status, performance.now() - now)
      now = performance.now()
    }
  }
  await Promise.all(Array.from({ length: connections }, sendInTurn))
  return { ...times.summary(), elapsed_ms: performance.now() - begun, resumed }
}

type Exchange = { status: number; session: Buffer | undefined; is_resumed: boolean }

function exchange(options: ConnectionOptions, request: Buffer): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    const socket = connect(options)
    let { session } = options
    let response: Buffer | undefined
    socket.on('session', (latest) => {
      session = latest
    })
    socket.on('data', (chunk: Buffer) => {
      response = response ? Buffer.concat([response, chunk]) : chunk
      if (!isComplete(response)) return
      const is_resumed = socket.isSessionReused()
      socket.destroy()
      resolve({ status: statusOf(response), session, is_resumed })
    })
    socket.once('error', reject)
    socket.once('close', () => reject(new Error('The server closed the connection before it responded.')))
    socket.write(request)
  })
}
