import { connect, type Socket } from 'node:net'
import { isWhole } from './answer.ts'

const LONGEST_READ = 64 * 1024

/**
 * A connection that is kept, and tells each answer once it is whole; good only until the call ends. It reads into one buffer, without a
 * stream of chunks: what the process that asks takes, the server beside it misses.
 */
export function openLine(port: number, answered: (answer: Buffer) => void): Promise<Socket> {
  return new Promise((resolve, reject) => {
    let pending: Buffer | undefined
    const callback = (length: number, buffer: Uint8Array) => {
      const chunk = Buffer.from(buffer.buffer, buffer.byteOffset, length)
      const answer = pending ? Buffer.concat([pending, chunk]) : chunk
      const is_whole = isWhole(answer)
      pending = is_whole ? undefined : Buffer.from(answer)
      if (is_whole) answered(answer)
      return true
    }
    const onread = { buffer: Buffer.alloc(LONGEST_READ), callback }
    const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true, onread }, () => resolve(socket))
    socket.on('error', reject)
    socket.resume()
  })
}
