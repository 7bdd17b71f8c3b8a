import { randomUUID } from 'node:crypto'
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { addressNotFound, headersTooLarge, malformedRequest, methodNotAllowed, requestTimeout } from '../../errors.ts'
import type { Refusal } from '../../refusal.ts'
import { refusalBody, sendRefusal } from '../error-handler.ts'
import { requestId } from '../http.ts'

/** Refuses a URL that the router cannot parse. */
export function refuseAddress({ code, statusCode }: FastifyError, request: FastifyRequest, reply: FastifyReply) {
  const sentence =
    code === 'FST_ERR_MAX_PARAM_LENGTH'
      ? 'A part of the address is too long.'
      : 'The address holds a percent escape that is no UTF-8.'
  return sendRefusal(request, reply, malformedRequest(sentence, statusCode))
}

/** Refuses what Node cannot parse as a request. There is no response object, only the connection. */
export function refuseConnection(error: ParseError, socket: Connection, methodsAt: MethodsAt) {
  const { code = '' } = error
  if (code === 'ECONNRESET' || !socket.writable) return
  // If the body is longer than its declared length, the request of that length is still answered.
  const pending = socket._httpMessage
  if (pending?.req.complete)
    return void pending.once('close', () => setImmediate(refuseConnection, error, socket, methodsAt))
  const path = code === 'HPE_INVALID_METHOD' ? pathIn(error) : undefined
  if (path === undefined) refuseOn(socket, (UNREADABLE[code] ?? invalidHttp)())
  else refuseMethod(socket, methodsAt(path))
}

/** Refuses CONNECT, for which there is only the connection, too. */
export const refuseTunnel = ({ url = '' }: IncomingMessage, socket: Duplex, methodsAt: MethodsAt) =>
  refuseMethod(socket, methodsAt(url))

/** With the response that Node writes to it next. */
type Connection = Duplex & { _httpMessage?: ServerResponse | null }
type MethodsAt = (path: string) => string | undefined
type ParseError = Error & { code?: string; rawPacket?: unknown; bytesParsed?: number }

/** The path of a request whose method Node does not know. */
function pathIn({ rawPacket, bytesParsed = 0 }: ParseError): string | undefined {
  if (!Buffer.isBuffer(rawPacket)) return undefined
  const start = rawPacket.subarray(0, bytesParsed).lastIndexOf('\n') + 1
  return REQUEST_LINE.exec(rawPacket.toString('latin1', start))?.[1]
}

const REQUEST_LINE = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+ ([^\s?]+)\S* HTTP\/1\.[01]\r?\n/

const refuseMethod = (socket: Duplex, allow: string | undefined) =>
  allow ? refuseOn(socket, methodNotAllowed(), [`Allow: ${allow}`]) : refuseOn(socket, addressNotFound())

function refuseOn(socket: Duplex, refusal: Refusal, headers: string[] = []) {
  const request_id = randomUUID()
  const body = refusalBody(refusal, request_id)
  const head = [
    `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}`,
    `X-MEN-RequestID: ${request_id}`,
    ...headers,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
}

type EarlyRefusal = { refusal: Refusal; retry_after_s: number }

/** Refuses a request without Fastify, at the least cost. */
export function refuseUnrouted(request: IncomingMessage, response: ServerResponse, early: EarlyRefusal) {
  const request_id = requestId(request)
  const body = refusalBody(early.refusal, request_id)
  const length = String(Buffer.byteLength(body))
  response
    .writeHead(early.refusal.status, [
      ...['x-men-requestid', request_id, 'retry-after', String(early.retry_after_s)],
      ...['content-type', 'application/json', 'content-length', length],
    ])
    .end(body)
}

const invalidHttp = () => malformedRequest('This is not a valid HTTP request.')

const UNREADABLE: Record<string, () => Refusal> = {
  ERR_HTTP_REQUEST_TIMEOUT: requestTimeout,
  HPE_HEADER_OVERFLOW: headersTooLarge,
}

/**
 * Refuses URLs that hold what PostgreSQL cannot store: one such value would fail a statement that many requests share.
 */
export function requireStorableAddresses(http: FastifyInstance) {
  http.addHook('preValidation', ({ url }, _reply, done) => {
    if (!url.includes('%')) return done()
    if (url.includes('%00')) return done(malformedRequest('The address holds a NUL character.'))
    if (!isDecodable(url)) return done(malformedRequest('The address holds a percent escape that is no UTF-8.'))
    done()
  })
}

function isDecodable(url: string): boolean {
  try {
    decodeURIComponent(url)
    return true
  } catch {
    return false
  }
}
