import { badPattern } from '../../errors.ts'
import { type CharacterSet, complement } from './code-points.ts'

export type Dialect = {
  character: (code: number) => string
  start: string
  end: string
  word: string
  notWord: string
}

const hex = (code: number, digits: number) => code.toString(16).padStart(digits, '0')
const isPlain = (code: number) => /^[0-9A-Za-z]$/.test(String.fromCodePoint(code))

export const RE2: Dialect = {
  character: (code) => `\\x{${hex(code, 1)}}`,
  ...{ start: '\\A', end: '\\z', word: '\\b', notWord: '\\B' },
}
export const POSTGRES: Dialect = {
  character: (code) => `\\U${hex(code, 8)}`,
  ...{ start: '^', end: '$' },
  // PostgreSQL's \y would count the letters of the database's locale as word characters.
  word: '(?:(?<![0-9A-Za-z_])(?=[0-9A-Za-z_])|(?<=[0-9A-Za-z_])(?![0-9A-Za-z_]))',
  notWord: '(?:(?<![0-9A-Za-z_])(?![0-9A-Za-z_])|(?<=[0-9A-Za-z_])(?=[0-9A-Za-z_]))',
}

/** A regular expression for one character of the set. `source`: what the user wrote, for errors. */
export function writeSet(set: CharacterSet, source: string, dialect: Dialect): string {
  const possible = complement(complement(set))
  if (possible.length === 0) throw badPattern(`${source} matches no character`)
  const character = (code: number) => (isPlain(code) ? String.fromCodePoint(code) : dialect.character(code))
  const [[first, last] = [0, 0], ...more] = possible
  if (first === last && more.length === 0) return character(first)
  const ranges = possible.map(([from, to]) => (from === to ? character(from) : `${character(from)}-${character(to)}`))
  return `[${ranges.join('')}]`
}
