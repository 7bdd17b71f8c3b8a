import { connect, createServer, type Socket } from 'node:net'

/** A way to a PostgreSQL, without TLS, on which the second phase of commits can be lost. */
export type DoubtfulMachine = AsyncDisposable & {
  port: number
  /** From now on, a connection that carries `commit prepared` is cut, and the message is lost. */
  losesCommits: boolean
}

const REQUEST_LENGTH = 8
const [SSL_REQUEST, GSS_REQUEST] = [80877103, 80877104]
const isEncryptionRequest = (data: Buffer) =>
  data.length === REQUEST_LENGTH && [SSL_REQUEST, GSS_REQUEST].includes(data.readInt32BE(4))

export async function startDoubtfulMachine(host: string, port: number): Promise<DoubtfulMachine> {
  const sockets = new Set<Socket>()
  const machine = { losesCommits: false }
  const server = createServer((from) => {
    const to = connect(port, host)
    const both = [from, to]
    for (const socket of both) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.once('close', () => {
        sockets.delete(socket)
        for (const one of both) one.destroy()
      })
    }
    from.on('data', (data) => {
      if (isEncryptionRequest(data)) from.write('N')
      else if (machine.losesCommits && data.includes('COMMIT PREPARED')) from.destroy()
      else to.write(data)
    })
    to.pipe(from)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const close = async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((closed) => server.close(closed))
  }
  const { port: own } = server.address() as { port: number }
  return Object.assign(machine, { port: own, [Symbol.asyncDispose]: close })
}
