import net from 'node:net'

export type RawResponse = {
  /** The three digits as they came. */
  status: number
  /** By their names in lower case. */
  headers: Map<string, string>
  body: Buffer
}

const END_OF_HEAD = Buffer.from('\r\n\r\n')
const WITHIN_MS = 20_000

/**
 * Sends bytes on a connection of its own and returns the response, read as simple clients read it: by its
 * Content-Length, without which it fails. `break_off`: closes the connection after half of the body.
 */
export function exchange(url: string, bytes: string, break_off = false): Promise<RawResponse> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = net.connect(Number(port), hostname)
    let received = Buffer.alloc(0)
    socket.setTimeout(WITHIN_MS, () => socket.destroy(new Error('no response in time')))
    socket.on('error', reject)
    socket.on('close', () => reject(new Error(`the connection ended early: ${received.toString('latin1')}`)))
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
      const end = received.indexOf(END_OF_HEAD)
      if (end < 0) return
      const response = readHead(received.subarray(0, end).toString('latin1'))
      const size = Number(response.headers.get('content-length') ?? Number.NaN)
      if (Number.isNaN(size)) return socket.destroy(new Error('the response has no Content-Length'))
      const body = received.subarray(end + END_OF_HEAD.length)
      if (body.length < (break_off ? size / 2 : size)) return
      resolve({ ...response, body })
      socket.destroy()
    })
    socket.write(bytes, 'latin1')
  })
}

function readHead(head: string) {
  const [first = '', ...lines] = head.split('\r\n')
  const headers = lines.map((line): [string, string] => {
    const at = line.indexOf(':')
    return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()]
  })
  return { status: Number(first.split(' ')[1]), headers: new Map(headers) }
}
