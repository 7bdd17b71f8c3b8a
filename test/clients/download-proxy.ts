import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

type Download = { method: string; url: string; range?: string; authorization?: string; status?: number }

export type DownloadProxy = AsyncDisposable & {
  url: string
  /** What was asked of `paths`, in order. */
  downloads: Download[]
  /** Bytes a second of the bodies; absent: no limit. */
  bytes_per_s?: number
  /** Breaks the connection of the next download after this many bytes of its body. */
  cut_after?: number
}

const PIECES_PER_S = 20

/** A bad line to a server: slow downloads whose connection breaks. Other requests pass as they are. */
export async function startDownloadProxy(to: string, paths: RegExp): Promise<DownloadProxy> {
  const closed = new AbortController()
  const server = http.createServer((request, response) => {
    const { method = 'GET', url = '', headers } = request
    const download: Download = { method, url }
    if (headers.range) download.range = headers.range
    if (headers.authorization) download.authorization = headers.authorization
    if (paths.test(url)) proxy.downloads.push(download)
    const passed = http.request(to + url, { method, headers }, async (answer) => {
      download.status = answer.statusCode ?? 502
      response.writeHead(download.status, answer.rawHeaders)
      if (!paths.test(url) || method === 'HEAD') return answer.pipe(response)
      await passSlowly(answer, response).catch(() => {})
      response.destroy()
    })
    passed.on('error', () => response.destroy())
    response.on('close', () => passed.destroy())
    request.pipe(passed)
  })
  async function passSlowly(answer: http.IncomingMessage, response: http.ServerResponse) {
    let left = proxy.cut_after ?? Number.POSITIVE_INFINITY
    delete proxy.cut_after
    for await (const chunk of answer) {
      const bytes = chunk as Buffer
      const size = Math.ceil((proxy.bytes_per_s ?? bytes.length * PIECES_PER_S) / PIECES_PER_S)
      for (let at = 0; at < bytes.length; at += size) {
        const piece = bytes.subarray(at, Math.min(at + size, at + left))
        left -= piece.length
        // Broken off once the system has all of it, however long a busy client takes to read.
        if (left <= 0) return await new Promise<void>((written) => response.write(piece, () => written()))
        if (piece.length > 0) response.write(piece)
        if (proxy.bytes_per_s) await sleep(1000 / PIECES_PER_S, undefined, { signal: closed.signal })
      }
    }
    response.end()
    await new Promise((finished) => response.once('close', finished))
  }
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const proxy: DownloadProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    downloads: [],
    [Symbol.asyncDispose]: async () => {
      closed.abort()
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
  return proxy
}
