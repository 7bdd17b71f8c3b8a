import http from 'node:http'
import https from 'node:https'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

export type Answer = {
  status: number
  headers: http.IncomingHttpHeaders
  bytes: Buffer
  /** The JSON value if the response is JSON, otherwise its text; undefined if it is empty. */
  // biome-ignore lint/suspicious/noExplicitAny: the caller knows the type of the response
  body: any
}

export type Message = {
  method: string
  body?: unknown
  headers?: Record<string, string>
  /** Accepts any certificate. */
  insecure?: boolean | undefined
  /** The longest time without any data; undefined: no limit. */
  patience_ms?: number
  /** undefined: one that reuses connections. */
  agent?: http.Agent | undefined
}

const options = { keepAlive: true, maxSockets: 256 }
const plain = new http.Agent(options)
const verifying = new https.Agent(options)
const trusting = new https.Agent({ ...options, rejectUnauthorized: false })

/**
 * One request. Strings, bytes and streams are sent as they are, any other body as JSON. If the server closes a kept
 * connection while the request is on its way, it is sent again, where the method allows that (RFC 9110, 9.2.2) or the
 * request has an idempotency key.
 */
export async function send(url: string, message: Message): Promise<Answer> {
  const hasKey = message.headers?.['idempotency-key'] !== undefined
  const isRepeatable = (REPEATABLE.has(message.method) || hasKey) && !(message.body instanceof Readable)
  for (;;) {
    const attempt: Attempt = { wasKept: () => false }
    try {
      return await sendOnce(url, message, attempt)
    } catch (error) {
      // Not of a new connection: so it ends.
      if (!isRepeatable || !attempt.wasKept() || (error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error
    }
  }
}

const REPEATABLE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'PUT', 'DELETE'])

type Attempt = {
  /** Whether its connection has carried another request before. */
  wasKept: () => boolean
}

function sendOnce(url: string, message: Message, attempt: Attempt): Promise<Answer> {
  const { method, body, headers = {}, insecure = false, patience_ms } = message
  const tls = url.startsWith('https:')
  const { agent = tls ? (insecure ? trusting : verifying) : plain } = message
  const content = body instanceof Readable ? body : toBytes(body)
  // A response may arrive before the whole body is sent; the rest, and a failure to send it, no longer matter then.
  const stopSending = () => content instanceof Readable && content.destroy()
  return new Promise((resolve, reject) => {
    const request = (tls ? https : http).request(url, {
      method,
      agent,
      headers: {
        ...(Buffer.isBuffer(content)
          ? { 'content-type': 'application/json', 'content-length': String(content.length) }
          : {}),
        ...headers,
      },
    })
    attempt.wasKept = () => request.reusedSocket
    if (patience_ms !== undefined) request.setTimeout(patience_ms, () => request.destroy(timedOut(patience_ms)))
    request.on('error', reject)
    request.on('response', (response) => readAnswer(response).then(resolve, reject).finally(stopSending))
    if (content instanceof Readable) pipeline(content, request).catch(reject)
    else request.end(content)
  })
}

const timedOut = (ms: number) => Object.assign(new Error(`no answer within ${ms / 1000} s`), { code: 'ETIMEDOUT' })

async function readAnswer(response: http.IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  const bytes = Buffer.concat(chunks)
  const isJson = /^application\/(hal\+)?json/.test(response.headers['content-type'] ?? '')
  const text = bytes.toString()
  const body = text === '' ? undefined : isJson ? JSON.parse(text) : text
  return { status: response.statusCode ?? 0, headers: response.headers, bytes, body }
}

function toBytes(body: unknown): Buffer | undefined {
  if (body === undefined || Buffer.isBuffer(body)) return body
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
}
