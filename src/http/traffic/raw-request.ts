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
