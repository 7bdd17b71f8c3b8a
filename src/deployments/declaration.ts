import { createHash } from 'node:crypto'
import { canonicalJson } from '../auth/identity.ts'
import { toStoredId } from '../auth/stored-id.ts'
import { TextSet } from '../text-set.ts'

/** A key that a creation gives its deployment, and a digest of each member of the request. */
export type Declaration = { key: string; declared: Declared }
export type Declared = Readonly<Record<string, string>>

const DIGITS = 16

type Body = { key?: string | null; devices?: string[] | null; [member: string]: unknown }

/**
 * What a request for a deployment says, to be compared with a later one that has the same key. Undefined: it has no key.
 * `list`: the devices, if they were taken out of the body.
 */
export function readDeclaration(body: Body, list?: TextSet): Declaration | undefined {
  const { key, devices, ...members } = body
  if (key === undefined || key === null) return undefined
  const ids = list ?? TextSet.of((devices ?? []).map(toStoredId))
  const of_devices = ids.size > 0 ? { devices: digest(ids.bytes(0, ids.size)) } : {}
  return { key, declared: { ...digestsOf(members), ...of_devices } }
}

/** The digests of members of a request, except those that it might as well leave out. */
export const digestsOf = (members: Readonly<Record<string, unknown>>): Declared =>
  Object.fromEntries(
    Object.entries(members).flatMap(([name, value]) =>
      isDefault(value) ? [] : [[name, digest(canonicalJson(stored(name, value)))]],
    ),
  )

/** The members with which two requests differ. */
export const changedMembers = (before: Declared, after: Declared): string[] =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((name) => before[name] !== after[name]).sort()

const digest = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex').slice(0, DIGITS)

/** What a request might as well leave out. */
const isDefault = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === false ||
  value === 0 ||
  (Array.isArray(value) && value.length === 0)

/** IDs in the case in which they are stored, and without members that are null. */
function stored(name: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => stored(name, one))
  if (typeof value === 'string') return ID_NAMES.has(name) ? toStoredId(value) : value
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).filter(([, member]) => member !== null && member !== undefined)
  return Object.fromEntries(members.map(([of, member]) => [of, stored(of, member)]))
}

const ID_NAMES: ReadonlySet<string> = new Set(['filter_id', 'device_ids', 'deployment_id'])
