import http from 'node:http'
import net from 'node:net'
import { text } from 'node:stream/consumers'

export type RawRequest = {
  method: string
  /** Sent unchanged: neither normalized nor escaped. */
  path: string
  headers?: Record<string, string>
  body?: string | Buffer | undefined
}

// biome-ignore lint/suspicious/noExplicitAny: tests read arbitrary members
export type RawAnswer = { status: number; headers: http.IncomingHttpHeaders; text: string; body: any }

const agent = new http.Agent({ keepAlive: true, maxSockets: 4 })

export function sendRaw(url: string, { body, headers = {}, ...request }: RawRequest): Promise<RawAnswer> {
  const { hostname: host, port } = new URL(url)
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
  return new Promise((resolve, reject) => {
    const sent = http.request({ ...request, host, port, agent, headers: { ...length, ...headers } })
    sent.on('error', reject)
    sent.on('response', (response) => {
      const isEndless = response.headers['content-type'] === 'text/event-stream'
      const answer = (content: string) =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text: content, body: parse(content) })
      if (!isEndless) {
        text(response).then(answer, (error) => reject(new Error(`${request.path} broke off`, { cause: error })))
        return
      }
      response.destroy()
      answer('')
    })
    sent.end(body)
  })
}

/** Sends bytes on a separate connection, and returns the response once the server has closed it. */
export async function sendBytes(url: string, bytes: string): Promise<{ head: string; text: string; body: unknown }> {
  const { hostname, port } = new URL(url)
  const socket = net.connect(Number(port), hostname)
  socket.write(bytes, 'latin1')
  const [head = '', content = ''] = (await text(socket)).split('\r\n\r\n')
  return { head, text: content, body: parse(content) }
}

function parse(content: string): unknown {
  try {
    return JSON.parse(content)
  } catch {
    return undefined
  }
}
