import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** A request as it arrived, and who answers it. */
export type RawRequest = { request: IncomingMessage; response: ServerResponse; handle: RequestListener }

/** Once the answer is sent, or the client has gone. */
export function onFinished({ request, response }: Omit<RawRequest, 'handle'>, done: () => void) {
  if (response.socket) return response.on('close', done)
  // Behind others on its connection, an answer has no end of its own where the connection ends first.
  const { socket } = request
  let is_done = false
  const once = () => {
    if (!is_done) done()
    is_done = true
    socket.off('close', once)
  }
  response.once('close', once)
  socket.setMaxListeners(0).once('close', once)
}

/** Whether nobody is there to be answered. Behind others on its connection, an answer is not told that this ended. */
export const isClientGone = ({ request, response }: Omit<RawRequest, 'handle'>): boolean =>
  response.destroyed || request.socket.destroyed

/** The same for a use case, which knows nothing of connections. */
export const clientGoneCheck = (request: FastifyRequest, reply: FastifyReply) => () =>
  isClientGone({ request: request.raw, response: reply.raw })
