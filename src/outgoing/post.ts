import { once } from 'node:events'
import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { cut, toStorable } from '../text.ts'
import type { AddressRule } from './address-rules.ts'
import { lookupAllowed, requireAllowed } from './allowed-lookup.ts'

export type Answer = {
  status_code: number
  /** The beginning of the body. */
  body: string
}

type Options = {
  headers: Readonly<Record<string, string>>
  body: string
  isAllowed: AddressRule
  /** Ends the request. */
  signal: AbortSignal
}

/** More of a response is not read. */
const MAX_READ = 4096
const MAX_KEPT = 500

/**
 * Sends a POST request to an address that a user has entered. Only addresses that the rule allows are connected to:
 * those to which the name of the host resolves for this very connection. Redirects are not followed.
 */
export async function post(url: string, { headers, body, isAllowed, signal }: Options): Promise<Answer> {
  const addresses = { isAllowed, allowed_by: 'MUSTER_WEBHOOK_ALLOW' }
  requireAllowed(url, addresses)
  const send = new URL(url).protocol === 'https:' ? requestHttps : requestHttp
  const request = send(url, {
    ...{ method: 'POST', agent: false, signal, lookup: lookupAllowed(addresses) },
    headers: { ...headers, 'content-length': Buffer.byteLength(body) },
  })
  // Of errors, the first decides, and none after the status.
  request.on('error', () => {})
  // The response to a request that did not ask for another protocol: there is no event `response`, and no error.
  request.on('upgrade', (response, socket) => {
    socket.destroy()
    request.emit('error', new Error(`the target responded with ${response.statusCode}`))
  })
  request.end(body)
  const [response] = (await once(request, 'response', { signal })) as [IncomingMessage]
  const text = await readBeginning(response)
  request.destroy()
  return { status_code: response.statusCode ?? 0, body: text }
}

async function readBeginning(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of response) {
      chunks.push(chunk)
      size += chunk.length
      if (size >= MAX_READ) break
    }
  } catch {
    // The connection ended early: the status is there.
  }
  return cut(toStorable(Buffer.concat(chunks).toString('utf8')), MAX_KEPT)
}
