import { connect, type Socket } from 'node:net'
import { isWhole } from './answer.ts'

/** A connection that is kept, and tells each answer once it is whole. */
export function openLine(port: number, answered: (answer: Buffer) => void): Promise<Socket> {
  return new Promise((resolve, reject) => {
    let pending: Buffer | undefined
    const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(socket))
    socket.on('data', (chunk: Buffer) => {
      const answer = pending ? Buffer.concat([pending, chunk]) : chunk
      pending = isWhole(answer) ? undefined : answer
      if (!pending) answered(answer)
    })
    socket.on('error', reject)
  })
}
