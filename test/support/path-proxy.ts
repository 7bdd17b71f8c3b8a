import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'

export type PathProxy = AsyncDisposable & {
  /** With the path, without a slash at its end. */
  url: string
  /** The server behind it. */
  target: string
  /** Paths that were asked for outside of its own. */
  strays: string[]
}

/** A proxy that serves a server below a path, which the server never sees. */
export async function startPathProxy(path: string): Promise<PathProxy> {
  const strays: string[] = []
  const server = createServer((asked, answer) => {
    if (!asked.url?.startsWith(`${path}/`)) {
      strays.push(asked.url ?? '')
      return answer.writeHead(404).end()
    }
    const { method, headers } = asked
    const passed = request(`${proxy.target}${asked.url.slice(path.length)}`, { method, headers }, (got) => {
      answer.writeHead(got.statusCode ?? 502, got.rawHeaders)
      got.pipe(answer)
    })
    passed.on('error', () => answer.destroy())
    answer.on('close', () => passed.destroy())
    asked.pipe(passed)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const proxy: PathProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    target: '',
    strays,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
  return proxy
}
