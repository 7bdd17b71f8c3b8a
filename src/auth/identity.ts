import { createHash } from 'node:crypto'

/** The identity that a device reports, and the digest by which it is recognized, for any order of the members. */
export type Identity = {
  data: object
  sha256: string
  /** The members that filters can reference: texts, numbers, and lists of either. */
  attributes: Record<string, unknown>
}

const MAX_LENGTH = 16_384
const MAX_NAME_LENGTH = 1024
// The server sets these two attributes of the scope `identity` itself.
const RESERVED = ['id', 'status']

/** undefined: not an object, or too large. */
export function readIdentity(value: unknown): Identity | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const canonical = canonicalJson(value)
  if (canonical.length > MAX_LENGTH) return undefined
  const attributes = Object.entries(value).filter(
    ([name, member]) =>
      name !== '' && name.length <= MAX_NAME_LENGTH && !RESERVED.includes(name) && isAttribute(member),
  )
  return {
    data: value,
    sha256: createHash('sha256').update(canonical).digest('hex'),
    attributes: Object.fromEntries(attributes),
  }
}

/** JSON with sorted members: equal values have equal texts. */
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
