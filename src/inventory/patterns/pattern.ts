import { type AST, RegExpParser } from '@eslint-community/regexpp'
import { badPattern } from '../../errors.ts'
import { charactersOf, unsupported } from './pattern-characters.ts'
import { type Dialect, POSTGRES, RE2, writeSet } from './pattern-dialect.ts'
import { expandPosixClasses } from './posix-classes.ts'

/*
 * The patterns of `$regex`: those that RE2 and PostgreSQL match in the same way. Literals, `.` (any character but a
 * newline), classes, \d \w \s and POSIX classes (ASCII) and their negations, groups, alternatives, quantifiers up to
 * {255}, ^ and $ (of the whole text), \b \B, a leading (?i), and lookaheads at the beginning: `^(?!X)` for texts that
 * do not begin with X, `(?!X)` alone for texts that do not contain X. Every character is written as a set, so that no
 * engine's own definition of case, word or newline matters. Lazy quantifiers are written as greedy ones: that does not
 * change whether a text matches. Lookaheads, which RE2 lacks, become separate patterns.
 */

const MAX_LENGTH = 1000
const MAX_REPEATS = 255
/** Characters after the expansion of all quantifiers, which is what each engine has to compile. */
const MAX_POSITIONS = 1000
/** What \b is translated to for PostgreSQL is far larger than one character. */
const WORD_BOUNDARY_POSITIONS = 20

/** A text matches a pattern if it matches each part, or with `negate` does not match it. */
export type Part = { regex: string; negate: boolean }

export const toRe2 = (pattern: string): Part[] => write(pattern, RE2)
export const toPostgres = (pattern: string): Part[] => write(pattern, POSTGRES)

/** Rejects patterns that one of the engines does not support, or that they match in different ways. */
export function requirePattern(pattern: string): void {
  if (pattern.length > MAX_LENGTH) throw badPattern(`longer than ${MAX_LENGTH} characters`)
  const { alternatives } = parse(pattern).tree
  if (positions(alternatives) > MAX_POSITIONS) throw badPattern('too large once its quantifiers are written out')
  toRe2(pattern)
}

/** A pattern for texts that begin with this one. */
export const patternStartingWith = (text: string): string => `^${text.replace(/[\^$\\.*+?()[\]{}|/]/g, '\\$&')}`

const parser = new RegExpParser({ ecmaVersion: 2025 })

function parse(pattern: string): { tree: AST.Pattern; ignoreCase: boolean } {
  const ignoreCase = pattern.startsWith('(?i)')
  const source = expandPosixClasses(ignoreCase ? pattern.slice(4) : pattern)
  try {
    return { tree: parser.parsePattern(source, undefined, undefined, { unicode: true }), ignoreCase }
  } catch (error) {
    throw badPattern((error as Error).message.replace(/^Invalid regular expression: /, ''))
  }
}

function write(pattern: string, dialect: Dialect): Part[] {
  const { tree, ignoreCase } = parse(pattern)
  const any = (alternatives: readonly AST.Alternative[]): string =>
    `(?:${alternatives.map(({ elements }) => all(elements)).join('|')})`
  const all = (elements: readonly AST.Element[]): string => elements.map(one).join('')
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
        return writeSet(charactersOf(node, ignoreCase), node.raw, dialect)
    }
  }
  const { isAnchored, lookaheads, rest } = lookaheadsOf(tree)
  if (lookaheads.length === 0) return [{ regex: any(tree.alternatives), negate: false }]
  const start = isAnchored ? dialect.start : ''
  const parts = lookaheads.map(({ alternatives, negate }) => ({ regex: start + any(alternatives), negate }))
  return rest.length === 0 ? parts : [...parts, { regex: start + all(rest), negate: false }]
}

type LeadingLookaheads = { isAnchored: boolean; lookaheads: AST.LookaheadAssertion[]; rest: readonly AST.Element[] }

/** The lookaheads at the beginning of a pattern, right after ^, or a lookahead that is the whole pattern. */
function lookaheadsOf({ alternatives }: AST.Pattern): LeadingLookaheads {
  const [first, ...others] = alternatives.length === 1 ? (alternatives[0]?.elements ?? []) : []
  if (first && others.length === 0 && isLookahead(first)) return { isAnchored: false, lookaheads: [first], rest: [] }
  if (first?.type !== 'Assertion' || first.kind !== 'start') return { isAnchored: false, lookaheads: [], rest: [] }
  const end = others.findIndex((node) => !isLookahead(node))
  const lookaheads = (end < 0 ? others : others.slice(0, end)).filter(isLookahead)
  return { isAnchored: true, lookaheads, rest: others.slice(lookaheads.length) }
}

const isLookahead = (node: AST.Element): node is AST.LookaheadAssertion =>
  node.type === 'Assertion' && node.kind === 'lookahead'

function assertion(node: AST.Assertion, { start, end, word, notWord }: Dialect): string {
  if (node.kind === 'start') return start
  if (node.kind === 'end') return end
  if (node.kind === 'word') return node.negate ? notWord : word
  throw badPattern(
    `the ${node.kind} ${node.raw} cannot be used here: write ^(?!X).*$ for what does not begin with X, (?!X) for what does not hold X`,
  )
}

function repeats({ raw, min, max }: AST.Quantifier): string {
  if (min > MAX_REPEATS || (max > MAX_REPEATS && max !== Number.POSITIVE_INFINITY))
    throw unsupported(`a quantifier above ${MAX_REPEATS}, as in ${raw},`)
  if (max === Number.POSITIVE_INFINITY) return min === 0 ? '*' : min === 1 ? '+' : `{${min},}`
  return `{${min},${max}}`
}

function positions(alternatives: readonly AST.Alternative[]): number {
  const one = (node: AST.Element): number => {
    if (node.type === 'Quantifier') {
      const times = node.max === Number.POSITIVE_INFINITY ? node.min + 1 : node.max
      return Math.max(1, times) * (1 + one(node.element))
    }
    if (node.type === 'Assertion' && node.kind === 'word') return WORD_BOUNDARY_POSITIONS
    return 'alternatives' in node ? positions(node.alternatives) : 1
  }
  return alternatives.flatMap(({ elements }) => elements).reduce((sum, node) => sum + one(node), 1)
}
