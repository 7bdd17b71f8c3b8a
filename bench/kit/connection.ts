import { connect, type Socket } from 'node:net'
import { isComplete } from './response.ts'

const MAX_READ = 64 * 1024

/**
 * A keep-alive connection that passes each complete response to `onResponse`; the buffer is valid only during the call.
 * It reads into one buffer instead of a stream of chunks: CPU time that the load process uses is missing for the server
 * on the same machine.
 */
export function openConnection(port: number, onResponse: (response: Buffer) => void): Promise<Socket> {
  return new Promise((resolve, reject) => {
    let pending: Buffer | undefined
    const callback = (length: number, buffer: Uint8Array) => {
      const chunk = Buffer.from(buffer.buffer, buffer.byteOffset, length)
      const response = pending ? Buffer.concat([pending, chunk]) : chunk
      const is_complete = isComplete(response)
      pending = is_complete ? undefined : Buffer.from(response)
      if (is_complete) onResponse(response)
      return true
    }
    const onread = { buffer: Buffer.alloc(MAX_READ), callback }
    const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true, onread }, () => resolve(socket))
    socket.on('error', reject)
    socket.resume()
  })
}
