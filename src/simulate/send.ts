import http from 'node:http'
import https from 'node:https'

export type Answer = {
  status: number
  headers: http.IncomingHttpHeaders
  bytes: Buffer
  /** The JSON value where the answer is JSON, otherwise the text; undefined where it is empty. */
  // biome-ignore lint/suspicious/noExplicitAny: whoever asks knows what comes
  body: any
}

export type Message = { method: string; body?: unknown; headers?: Record<string, string> }

const kept = { keepAlive: true, maxSockets: 256 }
const agents = { 'http:': new http.Agent(kept), 'https:': new https.Agent({ ...kept, rejectUnauthorized: false }) }

/** One request over a kept connection. A body that is a string or bytes is sent as it is, all else as JSON. */
export function send(url: string, { method, body, headers = {} }: Message): Promise<Answer> {
  const content = toBytes(body)
  const tls = url.startsWith('https:')
  return new Promise((resolve, reject) => {
    const request = (tls ? https : http).request(url, {
      method,
      agent: agents[tls ? 'https:' : 'http:'],
      headers: {
        ...(content ? { 'content-type': 'application/json', 'content-length': String(content.length) } : {}),
        ...headers,
      },
    })
    request.on('error', reject)
    request.on('response', (response) => readAnswer(response).then(resolve, reject))
    request.end(content)
  })
}

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
