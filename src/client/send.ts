import http from 'node:http'
import https from 'node:https'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

export type Answer = {
  status: number
  headers: http.IncomingHttpHeaders
  bytes: Buffer
  /** The JSON value where the answer is JSON, otherwise the text; undefined where it is empty. */
  // biome-ignore lint/suspicious/noExplicitAny: whoever asks knows what comes
  body: any
}

export type Message = {
  method: string
  body?: unknown
  headers?: Record<string, string>
  /** Takes any certificate. */
  insecure?: boolean | undefined
  /** The longest silence; without it, as long as it takes. */
  patience_ms?: number
}

const kept = { keepAlive: true, maxSockets: 256 }
const plain = new http.Agent(kept)
const verifying = new https.Agent(kept)
const trusting = new https.Agent({ ...kept, rejectUnauthorized: false })

/** One request over a kept connection. A body that is a string, bytes or a stream is sent as it is, all else as JSON. */
export function send(url: string, message: Message): Promise<Answer> {
  const { method, body, headers = {}, insecure = false, patience_ms } = message
  const tls = url.startsWith('https:')
  const agent = tls ? (insecure ? trusting : verifying) : plain
  const content = body instanceof Readable ? body : toBytes(body)
  // An answer may come before all is sent: the rest is of no interest then, nor that it cannot be sent.
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
  const isJson = response.headers['content-type']?.startsWith('application/json')
  const text = bytes.toString()
  const body = text === '' ? undefined : isJson ? JSON.parse(text) : text
  return { status: response.statusCode ?? 0, headers: response.headers, bytes, body }
}

function toBytes(body: unknown): Buffer | undefined {
  if (body === undefined || Buffer.isBuffer(body)) return body
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
}
