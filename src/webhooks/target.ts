import type { Config } from '../config.ts'
import { invalidField } from '../errors.ts'
import { addressIn, addressRule } from '../outgoing/address-rules.ts'

export const MAX_URL_LENGTH = 2048
export const MAX_RECIPIENTS = 10

const MAILTO = 'mailto:'

/** Whether events are sent by e-mail. */
export const isMail = (url: string): boolean => url.toLowerCase().startsWith(MAILTO)

/** The recipients of a `mailto:` address, once each; undefined: it is not valid, or has more than addresses. */
export function recipientsIn(url: string): string[] | undefined {
  const decoded = url.slice(MAILTO.length).split(',').map(decode)
  const recipients = [...new Set(decoded.map((address) => address?.trim().toLowerCase() ?? ''))]
  return recipients.every(isAddress) ? recipients : undefined
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** One address without a name, and without anything that has a meaning in a header or in a `mailto:` address. */
const isAddress = (address: string): boolean =>
  address.length <= 254 && /^[^\s@,;:<>()[\]"\\?&\p{C}]{1,64}@[\p{L}\p{N}][\p{L}\p{N}.-]*$/u.test(address)

/** For the audit log: addresses of webhooks often contain a password, but not in this part. */
export const originOf = (url: string): string => (isMail(url) ? url : new URL(url).origin)

type Target = { http: { url: string; secret?: string } }
type Options = Pick<Config, 'webhooks' | 'mail'> & { path?: string }

/** Refuses an address to which nothing would ever be sent. Where a name leads is checked with each connection. */
export function requireTarget({ http: { url, secret } }: Target, options: Options): void {
  const { path = 'credentials.' } = options
  const problem = isMail(url) ? problemOfMail(url, options) : problemOf(url, options)
  if (problem) throw invalidField(`${path}http.url`, problem)
  if (isMail(url) && secret) throw invalidField(`${path}http.secret`, 'must be absent, since e-mails are not signed')
}

const TOO_LONG = `is longer than ${MAX_URL_LENGTH} characters`

function problemOfMail(url: string, { mail }: Options): string | undefined {
  if (!mail) return 'must be a URL with http:// or https://: the server sends no e-mail, MUSTER_SMTP_URL is not set'
  if (url.length > MAX_URL_LENGTH) return TOO_LONG
  const recipients = recipientsIn(url)
  if (recipients && recipients.length <= MAX_RECIPIENTS) return undefined
  return `must have e-mail addresses behind mailto:, at most ${MAX_RECIPIENTS}, with commas between them`
}

function problemOf(url: string, { webhooks }: Options): string | undefined {
  if (url.length > MAX_URL_LENGTH) return TOO_LONG
  if (!/^https?:\/\/[\x21-\x7e]+$/i.test(url) || !URL.canParse(url))
    return 'must be a URL with http:// or https://, or mailto: with an e-mail address'
  const { username, password, hash } = new URL(url)
  if (username || password || hash) return 'must have no user name, password or fragment'
  const address = addressIn(url)
  if (address !== undefined && !addressRule(webhooks.allow)(address))
    return 'must be public: private, loopback and other special addresses are allowed by MUSTER_WEBHOOK_ALLOW only'
  return undefined
}
