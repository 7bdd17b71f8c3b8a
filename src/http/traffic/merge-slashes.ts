import type { RequestListener } from 'node:http'

/** Of an address in the absolute form, which a server has to take. */
const ORIGIN = /^https?:\/\/[^/?#]*/i
const SLASHES = /\/{2,}/g

/**
 * Rewrites the address of a request, once, before anything looks at it: `//api` is what devices ask for whose server
 * URL was written with a slash at its end.
 */
export const mergingSlashes =
  (handle: RequestListener): RequestListener =>
  (request, response) => {
    const { url = '' } = request
    if (url.includes('//')) request.url = merged(url)
    handle(request, response)
  }

/** The query is left as it is. */
function merged(url: string): string {
  const local = url.replace(ORIGIN, '')
  const end = local.indexOf('?')
  const path = end < 0 ? local : local.slice(0, end)
  return (path.replace(SLASHES, '/') || '/') + local.slice(path.length)
}
