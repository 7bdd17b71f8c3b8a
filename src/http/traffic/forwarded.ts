import type { IncomingHttpHeaders, RequestListener } from 'node:http'
import type { Trusts } from './trusted-proxies.ts'

const X_FORWARDED = ['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'x-forwarded-port']

/**
 * Copies `Forwarded` (RFC 7239) and X-Forwarded-Port of a trusted proxy into the headers that Fastify reads. If the
 * proxy sets any X-Forwarded header, `Forwarded` is ignored: the proxy may have passed it on from its client.
 */
export const readingForwarded =
  (trusts: Trusts) =>
  (handle: RequestListener): RequestListener =>
  (request, response) => {
    const { headers, socket } = request
    const { forwarded } = headers
    const port = headers['x-forwarded-port']
    if ((forwarded === undefined && port === undefined) || !trusts(socket.remoteAddress))
      return handle(request, response)
    if (X_FORWARDED.every((name) => headers[name] === undefined))
      Object.assign(headers, readForwarded(forwarded ?? '', trusts))
    const is_https = lastOf(headers['x-forwarded-proto']) === 'https' || 'encrypted' in socket
    const host = withPort(lastOf(headers['x-forwarded-host']) || headers.host || '', { port: lastOf(port), is_https })
    if (host !== headers.host) headers['x-forwarded-host'] = host
    handle(request, response)
  }

/** The nearest proxy adds the last value. */
const lastOf = (header: string | string[] | undefined): string =>
  [header ?? ''].flat().join().split(',').at(-1)?.trim() ?? ''

/** A host includes its port unless it is the default one. */
function withPort(host: string, { port, is_https }: { port: string; is_https: boolean }): string {
  const isDefault = port === (is_https ? '443' : '80')
  const includesPort = /:\d+$/.test(host)
  return host === '' || includesPort || isDefault || !/^[1-9]\d{0,4}$/.test(port) ? host : `${host}:${port}`
}

const PAIR = /\s*([!#$%&'*+.^_`|~\w-]+)=([!#$%&'*+.^_`|~\w-]+|"(?:[^"\\]|\\.)*")\s*([;,]|$)/y
const HOST = /^(?:[\w.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i

/** undefined if the header is malformed. */
function parseForwarded(header: string): Record<string, string>[] | undefined {
  const elements: Record<string, string>[] = [{}]
  for (PAIR.lastIndex = 0; PAIR.lastIndex < header.length; ) {
    const [, name = '', value = '', end] = PAIR.exec(header) ?? []
    if (name === '') return undefined
    const text = value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value
    Object.assign(elements.at(-1) ?? {}, { [name.toLowerCase()]: text })
    if (end === ',') elements.push({})
  }
  return elements
}

/** The headers by the trusted proxies: of the chain that passed the request on, the farthest that is still trusted. */
function readForwarded(header: string, trusts: Trusts): IncomingHttpHeaders {
  const elements = parseForwarded(header)
  if (!elements) return {}
  const addresses = elements.map((element) => addressOf(element.for))
  const first = addresses.findLastIndex((address) => !trusts(address))
  const trusted = elements.slice(Math.max(first, 0))
  const proto = trusted.map((one) => one.proto?.toLowerCase()).find((one) => one === 'http' || one === 'https')
  const host = trusted.map((one) => one.host).find((one) => one !== undefined && HOST.test(one))
  return {
    'x-forwarded-for': addresses.join(', '),
    ...(proto && { 'x-forwarded-proto': proto }),
    ...(host && { 'x-forwarded-host': host }),
  }
}

/** Without the port; obfuscated identifiers stay as they are. */
const addressOf = (node = 'unknown'): string =>
  /^\[(.+)\](?::.*)?$/.exec(node)?.[1] ?? /^([\d.]+):\d+$/.exec(node)?.[1] ?? node.replaceAll(',', '')
