import { isIP } from 'node:net'
import { availableParallelism } from 'node:os'

// What the value of a setting must be: each returns the parsed value, or throws an error that ends the sentence
// "NAME=value: ...".

export const text = (given: string) => given

const MOST_WORKERS = 64

export function workers(given: string): number {
  if (given === 'auto') return Math.min(availableParallelism(), MOST_WORKERS)
  const number = Number(given)
  if (!/^\d+$/.test(given) || number < 1 || number > MOST_WORKERS)
    throw new Error(`must be a number from 1 to ${MOST_WORKERS}, or auto for one a processor core`)
  return number
}

export function port(given: string): number {
  const number = Number(given)
  if (!/^\d+$/.test(given) || number > 65535) throw new Error('must be a port number from 0 to 65535')
  return number
}

export const wholeNumber = (unit: string) => (given: string) => {
  if (!/^[1-9]\d{0,4}$/.test(given)) throw new Error(`must be a whole number of ${unit} from 1 to 99999`)
  return Number(given)
}

export const oneOf = (words: readonly string[]) => (given: string) => {
  if (!words.includes(given)) throw new Error(`must be one of ${words.join(', ')}`)
  return given
}

export function yesOrNo(given: string): boolean {
  if (given !== 'true' && given !== 'false') throw new Error('must be true or false')
  return given === 'true'
}

export function publicUrl(given: string): string {
  if (!URL.canParse(given) || !['http:', 'https:'].includes(new URL(given).protocol))
    throw new Error('must be a URL that begins with http:// or https://')
  return given.replace(/\/+$/, '')
}

// Not a URL by the standard if the server is reached by a socket: postgres://user:password@/name?host=/directory
export function databaseUrl(given: string): string {
  if (!/^postgres(ql)?:\/\/\S+$/.test(given))
    throw new Error('must be a URL that begins with postgres:// or postgresql://')
  return given
}

const NAMED_RANGES = ['loopback', 'linklocal', 'uniquelocal']

export function proxies(given: string): string[] {
  const all = given.split(',').map((one) => one.trim())
  if (all.every((one) => NAMED_RANGES.includes(one) || isRange(one))) return all
  throw new Error(
    `must be addresses, ranges such as 10.0.0.0/8, or ${NAMED_RANGES.join(', ')}, with commas between them`,
  )
}

function isRange(given: string): boolean {
  const [address = '', bits, ...rest] = given.split('/')
  const most = isIP(address) === 4 ? 32 : 128
  return (
    isIP(address) !== 0 && rest.length === 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most))
  )
}

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/

/** Over loopback no TLS is used: a server of the same machine often has a certificate that nobody can verify. */
export function smtpUrl(given: string) {
  const url = URL.canParse(given) ? new URL(given) : undefined
  const auth = url && credentialsIn(url)
  if (
    !url ||
    !/^smtps?:$/.test(url.protocol) ||
    !url.hostname ||
    !/^\/?$/.test(url.pathname + url.search + url.hash) ||
    auth === null
  )
    throw new Error(
      'must be smtp://HOST, smtp://USER:PASSWORD@HOST:PORT, or the same with smtps://; special characters in the user ' +
        'and the password are percent-encoded',
    )
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const implicit_tls = url.protocol === 'smtps:'
  const elsewhere = auth ? ('required' as const) : ('offered' as const)
  const starttls = LOOPBACK.test(host) ? ('never' as const) : elsewhere
  return { host, port: Number(url.port) || (implicit_tls ? 465 : 587), implicit_tls, starttls, auth }
}

/** undefined: none; null: they are not complete, or not encoded. */
function credentialsIn({ username, password }: URL): { user: string; pass: string } | undefined | null {
  if (username === '' && password === '') return undefined
  try {
    const [user, pass] = [decodeURIComponent(username), decodeURIComponent(password)]
    return user && pass ? { user, pass } : null
  } catch {
    return null
  }
}

/** `Name <address>`, or an address alone. */
export function mailbox(given: string): { name: string; address: string } {
  const [, name = '', address = ''] = /^(?:([^<>"\p{Cc}]*)<)?([^\s@<>"]+@[^\s@<>"]+)>?$/u.exec(given.trim()) ?? []
  if (address === '' || given.includes('<') !== given.trim().endsWith('>'))
    throw new Error('must be an e-mail address, or Name <address>')
  return { name: name.trim() || 'Muster', address }
}

export function email(given: string): string {
  if (!/^[^\s@]+@[^\s@]+$/.test(given)) throw new Error('must be an e-mail address')
  return given.toLowerCase()
}

export function password(given: string): string {
  if (given.length < 8) throw new Error('must be at least 8 characters long')
  return given
}

export function bucketName(given: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$/.test(given))
    throw new Error('must be the name of a bucket, without the server it is on')
  return given
}

export function endpoint(given: string): string {
  const url = URL.canParse(given) ? new URL(given) : undefined
  if (!url || !/^https?:$/.test(url.protocol) || url.search || url.hash || url.username)
    throw new Error('must be a URL that begins with http:// or https://, without a user or a query')
  return given.replace(/\/+$/, '')
}

/** Empty, or with a slash at its end. */
export function keyPrefix(given: string): string {
  const inner = given.replace(/^\/+|\/+$/g, '')
  if (!/^[A-Za-z0-9!_.*'()/-]{0,200}$/.test(inner)) throw new Error("must be at most 200 letters, digits and !-_.*'()/")
  return inner && `${inner}/`
}
