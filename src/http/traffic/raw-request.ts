import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** A request before Fastify, and the listener that handles it. */
export type RawRequest = { request: IncomingMessage; response: ServerResponse; handle: RequestListener }

/** Calls back once the response is sent, or the client has gone. */
export function onFinished({ request, response }: Omit<RawRequest, 'handle'>, callback: () => void) {
  if (response.socket) return response.on('close', callback)
  // A pipelined response that is not yet its turn emits no `close` if the connection ends first.
  const { socket } = request
  let isDone = false
  const once = () => {
    if (!isDone) callback()
    isDone = true
    socket.off('close', once)
  }
  response.once('close', once)
  socket.setMaxListeners(0).once('close', once)
}

/**
 * Whether the client has closed the connection. A pipelined response that is not yet its turn does not notice by
 * itself.
 */
export const isClientGone = ({ request, response }: Omit<RawRequest, 'handle'>): boolean =>
  response.destroyed || request.socket.destroyed

/** The same for a use case, which knows nothing of connections. */
export const clientGoneCheck = (request: FastifyRequest, reply: FastifyReply) => () =>
  isClientGone({ request: request.raw, response: reply.raw })

/**
 * The body, if all of it has arrived together with the headers, as a small one does, and is no longer than this. It can
 * be read again. To be called after the tick in which the request arrived.
 */
export function bodyThatArrived(request: IncomingMessage, max_length: number): Buffer | undefined {
  const { headers, readableLength } = request
  const isComplete = readableLength > 0 && readableLength === Number(headers['content-length'])
  const body: Buffer | null = isComplete && readableLength <= max_length ? request.read() : null
  if (body) request.unshift(body)
  return body ?? undefined
}
