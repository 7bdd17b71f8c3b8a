import { type AST, RegExpParser } from '@eslint-community/regexpp'
import { badPattern } from '../errors.ts'
import { type CharacterSet, complement, foldAscii, range, union } from './code-points.ts'

/*
 * The patterns of `$regex`: what RE2 and PostgreSQL both match, and alike. Literals, `.` (anything but a newline), classes,
 * \d \w \s (ASCII) and their negations, groups, alternatives, quantifiers up to {255}, ^ and $ (of the whole text),
 * \b \B, and a leading (?i) for ASCII letters. Every character is written out as a set, so that no engine's own
 * notion of case, word or newline plays a part; greed is left out, for it does not change whether something matches.
 */

const LONGEST = 1000
const MOST_REPEATS = 255
/** Characters, once every quantifier is written out: what either engine has to compile. */
const MOST_POSITIONS = 1000
/** What PostgreSQL makes of \b is far larger than a character. */
const WORD_BOUNDARY = 20

type Dialect = { character: (code: number) => string; start: string; end: string; word: string; notWord: string }

const hex = (code: number, digits: number) => code.toString(16).padStart(digits, '0')
const isPlain = (code: number) => /^[0-9A-Za-z]$/.test(String.fromCodePoint(code))

const RE2: Dialect = {
  character: (code) => `\\x{${hex(code, 1)}}`,
  ...{ start: '\\A', end: '\\z', word: '\\b', notWord: '\\B' },
}
const POSTGRES: Dialect = {
  character: (code) => `\\U${hex(code, 8)}`,
  ...{ start: '^', end: '$' },
  // Its own \y takes the letters of the database's locale for words.
  word: '(?:(?<![0-9A-Za-z_])(?=[0-9A-Za-z_])|(?<=[0-9A-Za-z_])(?![0-9A-Za-z_]))',
  notWord: '(?:(?<![0-9A-Za-z_])(?![0-9A-Za-z_])|(?<=[0-9A-Za-z_])(?=[0-9A-Za-z_]))',
}

export const toRe2 = (pattern: string): string => write(pattern, RE2)
export const toPostgres = (pattern: string): string => write(pattern, POSTGRES)

/** Refuses what the two engines would not both take, or not take alike. */
export function requirePattern(pattern: string): void {
  if (pattern.length > LONGEST) throw badPattern(`longer than ${LONGEST} characters`)
  const { alternatives } = parse(pattern).tree
  if (positions(alternatives) > MOST_POSITIONS) throw badPattern('too large once its quantifiers are written out')
  toRe2(pattern)
}

const unsupported = (construct: string) => badPattern(`${construct} cannot be used`)

const parser = new RegExpParser({ ecmaVersion: 2025 })

function parse(pattern: string): { tree: AST.Pattern; foldCase: boolean } {
  const foldCase = pattern.startsWith('(?i)')
  try {
    const tree = parser.parsePattern(foldCase ? pattern.slice(4) : pattern, undefined, undefined, { unicode: true })
    return { tree, foldCase }
  } catch (error) {
    throw badPattern((error as Error).message.replace(/^Invalid regular expression: /, ''))
  }
}

function write(pattern: string, dialect: Dialect): string {
  const { tree, foldCase } = parse(pattern)
  const any = (alternatives: AST.Alternative[]): string =>
    `(?:${alternatives.map(({ elements }) => elements.map(one).join('')).join('|')})`
  const one = (node: AST.Element): string => {
    switch (node.type) {
      case 'Group':
        if (node.modifiers) throw unsupported(`the modifier ${node.modifiers.raw}`)
        return any(node.alternatives)
      case 'CapturingGroup':
        return any(node.alternatives)
      case 'Quantifier':
        return one(node.element) + repeats(node)
      case 'Assertion':
        return assertion(node, dialect)
      case 'Backreference':
        throw unsupported(`the backreference ${node.raw}`)
      default:
        return writeSet(charactersOf(node, foldCase), node.raw, dialect)
    }
  }
  return any(tree.alternatives)
}

function assertion(node: AST.Assertion, { start, end, word, notWord }: Dialect): string {
  if (node.kind === 'start') return start
  if (node.kind === 'end') return end
  if (node.kind === 'word') return node.negate ? notWord : word
  throw unsupported(`the ${node.kind} ${node.raw}`)
}

function repeats({ raw, min, max }: AST.Quantifier): string {
  if (min > MOST_REPEATS || (max > MOST_REPEATS && max !== Number.POSITIVE_INFINITY))
    throw unsupported(`a quantifier above ${MOST_REPEATS}, as in ${raw},`)
  if (max === Number.POSITIVE_INFINITY) return min === 0 ? '*' : min === 1 ? '+' : `{${min},}`
  return `{${min},${max}}`
}

type Characters = Exclude<
  AST.QuantifiableElement,
  AST.Group | AST.CapturingGroup | AST.LookaheadAssertion | AST.Backreference
>

function charactersOf(node: Characters | AST.CharacterClassElement, foldCase: boolean): CharacterSet {
  const fold = (set: CharacterSet) => (foldCase ? foldAscii(set) : set)
  switch (node.type) {
    case 'Character':
      return fold(range(node.value))
    case 'CharacterClassRange':
      return fold(range(node.min.value, node.max.value))
    case 'CharacterClass': {
      const set = union(...node.elements.map((element) => charactersOf(element, foldCase)))
      return node.negate ? complement(set) : set
    }
    case 'CharacterSet': {
      const set = KINDS[node.kind as keyof typeof KINDS]
      if (!set) throw unsupported(`the property escape ${node.raw}`)
      return 'negate' in node && node.negate ? complement(set) : set
    }
    default:
      throw unsupported(node.raw)
  }
}

const KINDS = {
  any: complement(range(0x0a)),
  digit: range(0x30, 0x39),
  word: union(range(0x30, 0x39), range(0x41, 0x5a), range(0x5f), range(0x61, 0x7a)),
  space: union(range(0x09, 0x0d), range(0x20)),
}

function writeSet(set: CharacterSet, raw: string, dialect: Dialect): string {
  const possible = complement(complement(set))
  if (possible.length === 0) throw badPattern(`${raw} matches no character`)
  const character = (code: number) => (isPlain(code) ? String.fromCodePoint(code) : dialect.character(code))
  const [[first, last] = [0, 0], ...more] = possible
  if (first === last && more.length === 0) return character(first)
  return `[${possible.map(([from, to]) => (from === to ? character(from) : `${character(from)}-${character(to)}`)).join('')}]`
}

function positions(alternatives: AST.Alternative[]): number {
  const one = (node: AST.Element): number => {
    if (node.type === 'Quantifier') {
      const times = node.max === Number.POSITIVE_INFINITY ? node.min + 1 : node.max
      return Math.max(1, times) * (1 + one(node.element))
    }
    if (node.type === 'Assertion') return node.kind === 'word' ? WORD_BOUNDARY : 1
    return 'alternatives' in node ? positions(node.alternatives) : 1
  }
  return alternatives.flatMap(({ elements }) => elements).reduce((sum, node) => sum + one(node), 1)
}
