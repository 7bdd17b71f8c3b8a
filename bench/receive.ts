import { connect } from 'node:net'
import { MIB } from './row.ts'

const BUFFER = Buffer.alloc(4 * MIB)

/** Downloads a URL, discards the bytes and returns their count. It reads into one buffer to use little CPU time. */
export function receive(url: string, { from = 0, stop_after = Number.POSITIVE_INFINITY } = {}): Promise<number> {
  const { hostname, port, pathname, search } = new URL(url)
  return new Promise((resolve, reject) => {
    let [received, length] = [0, Number.POSITIVE_INFINITY]
    const callback = (size: number, bytes: Uint8Array) => {
      if (length === Number.POSITIVE_INFINITY) length = lengthOf(bytes.subarray(0, size))
      received += size
      if (received >= Math.min(length, stop_after)) socket.destroy()
      return true
    }
    const socket = connect({ host: hostname, port: Number(port), onread: { buffer: BUFFER, callback } })
    socket.once('error', reject)
    socket.once('close', () => (received >= Math.min(length, stop_after) ? resolve(received) : reject(truncated())))
    socket.write(`GET ${pathname}${search} HTTP/1.1\r\nHost: ${hostname}\r\nRange: bytes=${from}-\r\n\r\n`)
  })
}

/** The length of the response including its head, which arrives in one chunk. */
function lengthOf(bytes: Uint8Array): number {
  const [head = ''] = Buffer.from(bytes.subarray(0, 4096)).toString('latin1').split('\r\n\r\n')
  if (!head.startsWith('HTTP/1.1 206')) throw new Error(`Not a partial response: ${head}`)
  return head.length + 4 + Number(/content-length: (\d+)/i.exec(head)?.[1])
}

const truncated = () => new Error('The response ended early.')
