import { Type } from 'typebox'
import { badRequest } from '../../errors.ts'

const MOST_NAMES = 100

export const NameList = Type.Optional(
  Type.Array(Type.String(), { description: 'Exact names, or one beginning followed by *; \\* is a literal star' }),
)

/** Exact names, or one beginning. */
export function readNames(given: readonly string[] = []): { names?: string[]; prefix?: string } {
  const asked = given.filter((name) => name !== '')
  if (asked.length > MOST_NAMES) throw badRequest(`invalid filter: at most ${MOST_NAMES} names`)
  const prefixes = asked.filter((name) => /(?<!\\)\*$/.test(name))
  if (prefixes.length > 1) throw badRequest('invalid filter: cannot filter by more than one name prefix')
  if (prefixes.length > 0 && asked.length > 1)
    throw badRequest('invalid filter: cannot filter by both exact names and name prefix')
  const [prefix] = prefixes
  if (prefix !== undefined) return { prefix: literal(prefix.slice(0, -1)) }
  return asked.length > 0 ? { names: asked.map(literal) } : {}
}

const literal = (name: string): string => name.replaceAll('\\*', '*')
