import type { LookupAddress } from 'node:dns'
import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { LookupFunction } from 'node:net'
import { cut, toStorable } from '../text.ts'
import { type AddressRule, addressIn } from './address-rules.ts'

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
  const literal = addressIn(url)
  if (literal !== undefined && !isAllowed(literal)) throw notAllowed()
  const send = new URL(url).protocol === 'https:' ? requestHttps : requestHttp
  const request = send(url, {
    ...{ method: 'POST', agent: false, signal, lookup: lookupAllowed(isAllowed) },
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

const notAllowed = () =>
  new Error('the address is private, or otherwise not public: MUSTER_WEBHOOK_ALLOW does not have it')

/** As `dns.lookup`, without the addresses that are not allowed. */
const lookupAllowed =
  (isAllowed: AddressRule): LookupFunction =>
  (host, options, callback) => {
    addressesOf(host).then(
      (found) => {
        const allowed = found.filter(({ address }) => isAllowed(address))
        const [first] = allowed
        if (!first) return callback(notAllowed(), [])
        return options.all ? callback(null, allowed) : callback(null, first.address, first.family)
      },
      (error) => callback(error, []),
    )
  }

const lookingUp = new Map<string, Promise<LookupAddress[]>>()

/**
 * Requests that are sent at the same time share a look-up: it occupies a thread, and a process looks up few names at a
 * time. So a name whose servers do not respond occupies one thread only.
 */
function addressesOf(host: string): Promise<LookupAddress[]> {
  const found = lookingUp.get(host) ?? lookup(host, { all: true }).finally(() => lookingUp.delete(host))
  lookingUp.set(host, found)
  return found
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
