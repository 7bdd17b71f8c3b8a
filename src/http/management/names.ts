import { Type } from 'typebox'
import { badRequest } from '../../errors.ts'

const MOST_NAMES = 100

const ONE = 'or a beginning, in any case, followed by *; \\* is a literal star'
export const NameList = Type.Optional(Type.Array(Type.String(), { description: `Exact names, ${ONE}` }))
export const ExactOrPrefix = Type.Optional(Type.String({ description: `The exact text, ${ONE}` }))

/** Exact texts, or one beginning; undefined where nothing is asked for. */
export function readWanted(given: readonly string[] = []): { exact: string[] } | { prefix: string } | undefined {
  const asked = given.filter((text) => text !== '')
  if (asked.length > MOST_NAMES) throw badRequest(`invalid filter: at most ${MOST_NAMES} names`)
  const prefixes = asked.filter((name) => /(?<!\\)\*$/.test(name))
  if (prefixes.length > 1) throw badRequest('invalid filter: cannot filter by more than one name prefix')
  if (prefixes.length > 0 && asked.length > 1)
    throw badRequest('invalid filter: cannot filter by both exact names and name prefix')
  const [prefix] = prefixes
  if (prefix !== undefined) return { prefix: literal(prefix.slice(0, -1)) }
  return asked.length > 0 ? { exact: asked.map(literal) } : undefined
}

const literal = (text: string): string => text.replaceAll('\\*', '*')
