import { badPattern } from '../../errors.ts'
import { type CharacterSet, complement, range, union } from './code-points.ts'

const [DIGIT, UPPER, LOWER] = [range(0x30, 0x39), range(0x41, 0x5a), range(0x61, 0x7a)]
const ALPHA = union(UPPER, LOWER)

/** ASCII only, as in RE2. */
const CLASSES: Readonly<Record<string, CharacterSet>> = {
  ...{ digit: DIGIT, upper: UPPER, lower: LOWER, alpha: ALPHA, alnum: union(ALPHA, DIGIT) },
  word: union(ALPHA, DIGIT, range(0x5f)),
  xdigit: union(DIGIT, range(0x41, 0x46), range(0x61, 0x66)),
  space: union(range(0x09, 0x0d), range(0x20)),
  blank: union(range(0x09), range(0x20)),
  cntrl: union(range(0x01, 0x1f), range(0x7f)),
  ...{ print: range(0x20, 0x7e), graph: range(0x21, 0x7e) },
  punct: union(range(0x21, 0x2f), range(0x3a, 0x40), range(0x5b, 0x60), range(0x7b, 0x7e)),
  ascii: range(0x01, 0x7f),
}

/** An escape, a POSIX class, `[` or `]`. */
const TOKEN = /\\.|\[:(\^?)([a-z]*):\]|[[\]]/gsu

/** Replaces POSIX classes such as `[:alpha:]`, which must be within brackets, by ranges in the syntax of JavaScript. */
export function expandPosixClasses(pattern: string): string {
  let isInside = false
  return pattern.replace(TOKEN, (token, negation: string | undefined, name: string | undefined, at: number) => {
    if (name !== undefined && isInside) return expand(token, { name, isNegated: negation === '^' })
    if (name !== undefined) throw badPattern(`write [${token}] for ${token}, at position ${at}`)
    if (token === '[') isInside = true
    if (token === ']') isInside = false
    return token
  })
}

function expand(token: string, { name, isNegated }: { name: string; isNegated: boolean }): string {
  const set = Object.hasOwn(CLASSES, name) ? CLASSES[name] : undefined
  if (!set) throw badPattern(`${token} is none of [:${Object.keys(CLASSES).join(':], [:')}:]`)
  const code = (value: number) => `\\u{${value.toString(16)}}`
  return (isNegated ? complement(set) : set).map(([first, last]) => `${code(first)}-${code(last)}`).join('')
}
