import { openConnection } from '../../bench/kit/connection.ts'
import { statusOf } from '../../bench/kit/response.ts'

type Response = { status: number; body: string }
/** A connection with one request at a time. */
export type Line = { send(request: string, expected: readonly number[]): Promise<Response>; close(): void }

export async function openLine(port: number): Promise<Line> {
  let waiting: { resolve: (response: Response) => void; reject: (error: Error) => void } | undefined
  const socket = await openConnection(port, (response) => {
    const text = response.toString()
    waiting?.resolve({ status: statusOf(response), body: text.slice(text.indexOf('\r\n\r\n') + 4) })
    waiting = undefined
  })
  socket.on('close', () => waiting?.reject(new Error('The server closed a connection before it responded.')))
  return {
    async send(request, expected) {
      const response = await new Promise<Response>((resolve, reject) => {
        waiting = { resolve, reject }
        socket.write(request)
      })
      if (expected.includes(response.status)) return response
      throw new Error(`Status ${response.status}: ${response.body}\n${request}`)
    },
    close: () => socket.end(),
  }
}
