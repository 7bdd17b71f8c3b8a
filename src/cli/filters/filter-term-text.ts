import type { AnyFilterTerm, FilterTermGroup } from '../../client/api.ts'
import { isGroup } from '../../texts/terms.ts'
import { readTerm, writeTerm } from './term-text.ts'

/** Parses a condition, or a group: `(A) or (B)`, `(A) and not (B)`. Throws an Error that says what is wrong. */
export function readFilterTerm(text: string): AnyFilterTerm {
  if (!/^\s*(not\s*)?\(/.test(text)) return readTerm(text)
  const invalid = (problem: string) => new Error(`"${text}": ${problem}`)
  const operands: AnyFilterTerm[] = []
  const words = new Set<string>()
  for (let at = 0; ; ) {
    const [before = '', not] = matchAt(/\s*(not\s*)?(?=\()/y, text, at) ?? []
    if (before === '' && text[at] !== '(') throw invalid('put brackets around each condition of a group')
    const open = at + before.length
    const close = closingOf(text, open)
    if (close < 0)
      throw invalid('a bracket is not closed: put values with brackets or double quotes in them in double quotes')
    const inside = readFilterTerm(text.slice(open + 1, close))
    operands.push(not === undefined ? inside : { type: '$not', terms: [inside] })
    if (text.slice(close + 1).trim() === '') break
    const [joint = '', word] = matchAt(/\s*(and|or)\s*/y, text, close + 1) ?? []
    if (word === undefined) throw invalid('only "and" or "or" can follow a bracket')
    words.add(word)
    at = close + 1 + joint.length
  }
  if (words.size > 1) throw invalid('put brackets around the conditions that "and" joins, or "or"')
  const [word] = words
  return word === undefined ? (operands[0] as AnyFilterTerm) : { type: `$${word}`, terms: operands }
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}

/** The inverse of `readFilterTerm`, but for groups of one term, which are written as the term. */
export const writeFilterTerm = (term: AnyFilterTerm): string => (isGroup(term) ? writeGroup(term) : writeTerm(term))

const writeGroup = ({ type, terms }: FilterTermGroup): string =>
  type === '$not' ? `not ${terms.map(writeOperand).join()}` : terms.map(writeOperand).join(` ${type.slice(1)} `)

const writeOperand = (term: AnyFilterTerm): string => `(${isGroup(term) ? writeGroup(term) : writeTerm(term, isPlain)})`

/** Whether a bracket around the text is closed by the one after it. */
const isPlain = (text: string): boolean => !text.includes('"') && closingOf(`(${text})`, 0) === text.length + 1

/** The index of the bracket that closes the one at `open`; -1: it is not closed. Strings in double quotes are skipped. */
function closingOf(text: string, open: number): number {
  const token = /"(?:[^"\\]|\\.)*"|["()]/gs
  token.lastIndex = open
  let depth = 0
  for (let found = token.exec(text); found; found = token.exec(text)) {
    if (found[0] === '"') return -1
    if (found[0] === '(') depth++
    else if (found[0] === ')' && --depth === 0) return found.index
  }
  return -1
}
