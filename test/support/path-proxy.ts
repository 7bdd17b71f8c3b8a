import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'

export type PathProxy = AsyncDisposable & {
  /** With the path, without a trailing slash. */
  url: string
  /** The server behind it. */
  target: string
  /** Requested paths outside of the path of the proxy. */
  strays: string[]
}

/** A proxy that serves a server below a path, and removes the path from requests. */
export async function startPathProxy(path: string): Promise<PathProxy> {
  const strays: string[] = []
  const server = createServer((incoming, response) => {
    if (!incoming.url?.startsWith(`${path}/`)) {
      strays.push(incoming.url ?? '')
      return response.writeHead(404).end()
    }
    const { method, headers } = incoming
    const passed = request(`${proxy.target}${incoming.url.slice(path.length)}`, { method, headers }, (got) => {
      response.writeHead(got.statusCode ?? 502, got.rawHeaders)
      got.pipe(response)
    })
    passed.on('error', () => response.destroy())
    response.on('close', () => passed.destroy())
    incoming.pipe(passed)
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
