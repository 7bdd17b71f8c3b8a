import type { RequestListener } from 'node:http'

/** Of a URL in absolute form, which a server must accept. */
const ORIGIN = /^https?:\/\/[^/?#]*/i
const SLASHES = /\/{2,}/g

/**
 * Merges slashes in the path of a request before anything else reads it: devices whose configured server URL ends with
 * a slash request `//api`.
 */
export const mergingSlashes =
  (handle: RequestListener): RequestListener =>
  (request, response) => {
    const { url = '' } = request
    if (url.includes('//')) request.url = merged(url)
    handle(request, response)
  }

/** The query is not changed. */
function merged(url: string): string {
  const local = url.replace(ORIGIN, '')
  const end = local.indexOf('?')
  const path = end < 0 ? local : local.slice(0, end)
  return (path.replace(SLASHES, '/') || '/') + local.slice(path.length)
}
