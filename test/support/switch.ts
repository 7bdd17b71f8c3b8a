import { connect, createServer, type Socket } from 'node:net'

/** An address of the database that leads to one of several servers, as a load balancer in front of a cluster is. */
export type Switch = AsyncDisposable & {
  /** Leads new connections to the server of another URL. Those that are open end, unless they are to stay. */
  to(url: string, options?: { stay?: boolean }): void
  /** The URL of the present server, by way of this address. */
  url: string
}

/** `url`: of a server that listens on a Unix socket. */
export async function startSwitch(url: string): Promise<Switch> {
  let target = url
  const open = new Set<Socket>()
  const server = createServer((client) => {
    const forwarded = connect(socketOf(target))
    for (const [one, other] of [
      [client, forwarded],
      [forwarded, client],
    ] as const) {
      open.add(one)
      one.on('error', () => {})
      one.on('close', () => {
        open.delete(one)
        other.destroy()
      })
      one.pipe(other)
    }
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as { port: number }
  const end = () => {
    for (const socket of open) socket.destroy()
  }
  return {
    url: url.replace(/@.*/, `@127.0.0.1:${port}/muster`),
    to: (to, { stay = false } = {}) => {
      target = to
      if (!stay) end()
    },
    [Symbol.asyncDispose]: async () => {
      end()
      await new Promise((closed) => server.close(closed))
    },
  }
}

const socketOf = (url: string): string => `${decodeURIComponent(/host=([^&]*)/.exec(url)?.[1] ?? '')}/.s.PGSQL.5432`
