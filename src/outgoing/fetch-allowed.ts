import { once } from 'node:events'
import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { type AllowedAddresses, lookupAllowed, requireAllowed } from './allowed-lookup.ts'

type Options = {
  method?: string
  headers?: Record<string, string> | Headers
  /** Sent as the text that it converts to. */
  body?: unknown
  signal?: AbortSignal | null | undefined
}

/** A longer response is an error. */
const MAX_BODY = 1024 * 1024
const TIMEOUT_MS = 10_000

/**
 * `fetch` for libraries, to addresses that an administrator has entered or that are found there. Only addresses that
 * the rule allows are connected to: those to which the name of the host resolves for this very connection. Redirects
 * are not followed.
 */
export const fetchAllowed =
  (addresses: AllowedAddresses) =>
  async (url: string, { method = 'GET', headers, body, signal }: Options = {}): Promise<Response> => {
    requireAllowed(url, addresses)
    const text = body === undefined || body === null ? undefined : String(body)
    const ends = AbortSignal.any([...(signal ? [signal] : []), AbortSignal.timeout(TIMEOUT_MS)])
    const send = new URL(url).protocol === 'https:' ? requestHttps : requestHttp
    const request = send(url, {
      ...{ method, agent: false, signal: ends, lookup: lookupAllowed(addresses) },
      headers: {
        ...Object.fromEntries(new Headers(headers)),
        ...(text === undefined ? {} : { 'content-length': Buffer.byteLength(text) }),
      },
    })
    // Of errors, the first decides, and none after the response.
    request.on('error', () => {})
    // There is no event `response` then, and no error.
    request.on('upgrade', (response, socket) => {
      socket.destroy()
      request.emit('error', new Error(`the server responded with ${response.statusCode}`))
    })
    request.end(text)
    try {
      const [response] = (await once(request, 'response', { signal: ends })) as [IncomingMessage]
      return toResponse(response, await readAll(response))
    } catch (error) {
      throw ends.aborted ? new Error('there was no complete response in time') : error
    } finally {
      request.destroy()
    }
  }

async function readAll(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response) {
    chunks.push(chunk)
    size += chunk.length
    if (size > MAX_BODY) throw new Error(`the response is larger than ${MAX_BODY} bytes`)
  }
  return Buffer.concat(chunks)
}

/** Statuses that `Response` takes no body for. */
const BODILESS = [204, 205, 304]

function toResponse({ statusCode = 0, rawHeaders }: IncomingMessage, body: Buffer): Response {
  const headers = new Headers()
  for (let index = 0; index < rawHeaders.length; index += 2)
    headers.append(rawHeaders[index] ?? '', rawHeaders[index + 1] ?? '')
  return new Response(BODILESS.includes(statusCode) ? null : new Uint8Array(body), { status: statusCode, headers })
}
