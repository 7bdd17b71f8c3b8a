import { Type } from 'typebox'
import { badRequest } from '../../errors.ts'

const MAX_NAMES = 100

const PREFIX = 'or a prefix, in any case, followed by `*`; `\\*` is a literal star'
export const NameList = Type.Optional(Type.Array(Type.String(), { description: `Exact names, ${PREFIX}` }))
export const ExactOrPrefix = Type.Optional(Type.String({ description: `The exact value, ${PREFIX}` }))

/** Reads exact values, or one prefix; undefined if there are neither. */
export function readWanted(values: readonly string[] = []): { exact: string[] } | { prefix: string } | undefined {
  const wanted = values.filter((text) => text !== '')
  if (wanted.length > MAX_NAMES) throw badRequest(`invalid filter: at most ${MAX_NAMES} names`)
  const prefixes = wanted.filter((name) => /(?<!\\)\*$/.test(name))
  if (prefixes.length > 1) throw badRequest('invalid filter: cannot filter by more than one name prefix')
  if (prefixes.length > 0 && wanted.length > 1)
    throw badRequest('invalid filter: cannot filter by both exact names and name prefix')
  const [prefix] = prefixes
  if (prefix !== undefined) return { prefix: literal(prefix.slice(0, -1)) }
  return wanted.length > 0 ? { exact: wanted.map(literal) } : undefined
}

const literal = (text: string): string => text.replaceAll('\\*', '*')
