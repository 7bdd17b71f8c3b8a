import { randomUUID } from 'node:crypto'
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { addressNotFound, headersTooLarge, malformedRequest, methodNotAllowed, requestTimeout } from '../../errors.ts'
import type { Refusal } from '../../refusal.ts'
import { refusalBody, sendRefusal } from '../error-handler.ts'
import { requestId } from '../http.ts'

/** An address that the router cannot take apart. */
export function refuseAddress({ code, statusCode }: FastifyError, request: FastifyRequest, reply: FastifyReply) {
  const sentence =
    code === 'FST_ERR_MAX_PARAM_LENGTH'
      ? 'A part of the address is too long.'
      : 'The address holds a percent escape that is no UTF-8.'
  return sendRefusal(request, reply, malformedRequest(sentence, statusCode))
}

/** What arrived is no request that Node understands: there is only the connection to answer on. */
export function refuseConnection(error: ParseError, socket: Connection, methodsAt: MethodsAt) {
  const { code = '' } = error
  if (code === 'ECONNRESET' || !socket.writable) return
  // A client that announces too short a body still gets the answer to the part that it announced.
  const pending = socket._httpMessage
  if (pending?.req.complete)
    return void pending.once('close', () => setImmediate(refuseConnection, error, socket, methodsAt))
  const path = code === 'HPE_INVALID_METHOD' ? pathIn(error) : undefined
  if (path === undefined) refuseOn(socket, (UNREADABLE[code] ?? invalidHttp)())
  else refuseMethod(socket, methodsAt(path))
}

/** Of CONNECT, too, there is only the connection. */
export const refuseTunnel = ({ url = '' }: IncomingMessage, socket: Duplex, methodsAt: MethodsAt) =>
  refuseMethod(socket, methodsAt(url))

/** With the response that Node is going to write to it before any other. */
type Connection = Duplex & { _httpMessage?: ServerResponse | null }
type MethodsAt = (path: string) => string | undefined
type ParseError = Error & { code?: string; rawPacket?: unknown; bytesParsed?: number }

/** The path that was asked for with a method that Node does not know. */
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

type Unrouted = { refusal: Refusal; retry_after_s: number }

/** Without Fastify: in as few steps as an answer takes. */
export function refuseUnrouted(request: IncomingMessage, response: ServerResponse, told: Unrouted) {
  const request_id = requestId(request)
  const body = refusalBody(told.refusal, request_id)
  const length = String(Buffer.byteLength(body))
  response
    .writeHead(told.refusal.status, [
      ...['x-men-requestid', request_id, 'retry-after', String(told.retry_after_s)],
      ...['content-type', 'application/json', 'content-length', length],
    ])
    .end(body)
}

const invalidHttp = () => malformedRequest('This is not a valid HTTP request.')

const UNREADABLE: Record<string, () => Refusal> = {
  ERR_HTTP_REQUEST_TIMEOUT: requestTimeout,
  HPE_HEADER_OVERFLOW: headersTooLarge,
}

/** Nothing that PostgreSQL cannot store gets further: one such value would spoil a statement that many requests share. */
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
