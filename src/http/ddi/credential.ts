import type { IncomingMessage } from 'node:http'
import type { Credential } from '../../ddi/credential.ts'
import { hashToken } from '../../ddi/token.ts'
import type { Env } from '../../env.ts'
import { type Trusts, trustsProxies } from '../traffic/trusted-proxies.ts'

/** The headers of proxies: the name in a certificate, and its issuers. */
const CERTIFICATES = [
  { name: 'x-controller-id', issuer: /^x-authority(-\d{1,2})?$/ },
  { name: 'x-ssl-client-cn', issuer: /^x-ssl-issuer-hash-\d{1,2}$/ },
] as const

/** All that proves who sends a request, as one text; undefined: nothing does. */
export type CredentialReader = (request: IncomingMessage) => string | undefined

/** A client certificate counts only from a trusted proxy: anyone else can send the same headers. */
export function credentialReader({ config: { trust_proxy } }: Env): CredentialReader {
  const trusts: Trusts = trust_proxy ? trustsProxies(trust_proxy) : () => false
  return ({ headers, socket }) => {
    if (headers.authorization !== undefined) return headers.authorization
    const [certificate, other] = CERTIFICATES.filter(({ name }) => headers[name] !== undefined)
    // A proxy sets the headers of one kind. Those of the other would be from its client.
    if (!certificate || other || !trusts(socket.remoteAddress)) return undefined
    const issuers = Object.keys(headers).filter((one) => certificate.issuer.test(one))
    return `${CERTIFICATE}${JSON.stringify([headers[certificate.name], ...issuers.map((one) => headers[one])])}`
  }
}

/** No header can begin with a line break. */
const CERTIFICATE = '\n'

/** undefined: of no known kind. */
export function parseCredential(text: string): Credential | undefined {
  if (text.startsWith(CERTIFICATE)) {
    const [name, ...issuers] = JSON.parse(text.slice(CERTIFICATE.length)) as string[]
    return { kind: 'certificate', name: String(name), issuers: issuers.map(String) }
  }
  const [, kind = '', token = ''] = /^(Target|Gateway)Token +(\S+)$/i.exec(text) ?? []
  if (token === '') return undefined
  return { kind: kind.toLowerCase() === 'target' ? 'target' : 'gateway', token_sha256: hashToken(token) }
}
