import { createHash } from 'node:crypto'

/** What a device calls itself, and what it is recognised by: the digest does not depend on the order of members. */
export type Identity = {
  data: object
  sha256: string
  /** What filters can find: texts, numbers and lists of one of them. */
  attributes: Record<string, unknown>
}

const LONGEST = 16_384
const LONGEST_NAME = 1024
// These two attributes of the scope `identity` are the server's own.
const RESERVED = ['id', 'status']

/** undefined for anything but an object of reasonable size. */
export function readIdentity(value: unknown): Identity | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const canonical = canonicalJson(value)
  if (canonical.length > LONGEST) return undefined
  const searchable = Object.entries(value).filter(
    ([name, member]) => name !== '' && name.length <= LONGEST_NAME && !RESERVED.includes(name) && isAttribute(member),
  )
  return {
    data: value,
    sha256: createHash('sha256').update(canonical).digest('hex'),
    attributes: Object.fromEntries(searchable),
  }
}

/** The same text for the same value, whatever the order of members. */
export function canonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join()}]`
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join()}}`
}

const isAttribute = (value: unknown): boolean =>
  ['string', 'number'].some((type) =>
    Array.isArray(value) ? value.every((element) => typeof element === type) : typeof value === type,
  )
