import http from 'node:http'
import { buffer } from 'node:stream/consumers'

export type LosingProxy = AsyncDisposable & {
  url: string
  /** Reports of success that were dropped, although the client got a 204. */
  lost(): number
}

/** Forwards everything to a server except reports of success. */
export async function startLosingProxy(to: string): Promise<LosingProxy> {
  let lost = 0
  const proxy = http.createServer(async (request, response) => {
    const body = await buffer(request)
    if (request.url?.endsWith('/status') && body.includes('"success"')) {
      lost++
      response.writeHead(204).end()
      return
    }
    const { method = 'GET', headers } = request
    const passedOn = http.request(to + request.url, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
      answer.pipe(response)
    })
    passedOn.on('error', () => response.destroy())
    passedOn.end(body)
  })
  await new Promise<void>((listening) => proxy.listen(0, '127.0.0.1', listening))
  const { port } = proxy.address() as { port: number }
  return {
    url: `http://127.0.0.1:${port}`,
    lost: () => lost,
    [Symbol.asyncDispose]: async () => {
      proxy.closeAllConnections()
      await new Promise((closed) => proxy.close(closed))
    },
  }
}
