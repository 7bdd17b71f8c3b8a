import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'

/** A request as it arrived, and who answers it. */
export type Asked = { request: IncomingMessage; response: ServerResponse; handle: RequestListener }

/** Once the answer is sent, or the client has gone. */
export function whenDone({ request, response }: Omit<Asked, 'handle'>, done: () => void) {
  if (response.socket) return response.on('close', done)
  // Behind others on its connection, an answer has no end of its own where the connection ends first.
  let is_done = false
  const once = () => {
    if (!is_done) done()
    is_done = true
  }
  response.once('close', once)
  request.socket.setMaxListeners(0).once('close', once)
}
