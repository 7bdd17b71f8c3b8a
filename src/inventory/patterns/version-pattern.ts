import { isNumber, type Version, type VersionSide } from './version.ts'

/*
 * The versions before or after a given one, as a regular expression for PostgreSQL: it has no type for versions, and an
 * expression works inside of jsonpath, for each element of an array, for numbers of any size, and on every machine of a
 * cluster. `undefined` is an expression that no text matches.
 */

type Pattern = string | undefined

const IDENTIFIER = '[0-9A-Za-z-]+'
const MORE_NUMBERS = '(?:[.][0-9]+)*'
const MORE_IDENTIFIERS = `(?:[.]${IDENTIFIER})*`
const IDENTIFIERS = IDENTIFIER + MORE_IDENTIFIERS
/** An identifier that is no number. */
const WORD = '[0-9]*[A-Za-z-][0-9A-Za-z-]*'

/** An expression for the texts that are versions on these sides of a version. */
export function versionPattern(version: Version, sides: readonly VersionSide[]): string {
  const any = oneOf(...sides.map((side) => SIDES[side](version)))
  // No text matches this one: nothing precedes 0-0.
  if (any === undefined) return 'x^'
  return `^[vV]?${any}(?:[+]${IDENTIFIERS})?$`
}

const SIDES: Record<VersionSide, (version: Version) => Pattern> = {
  before: ({ numbers, prerelease }) =>
    oneOf(
      then(numbersBefore(numbers), `(?:-${IDENTIFIERS})?`),
      then(`${numbersEqual(numbers)}-`, prerelease.length === 0 ? IDENTIFIERS : sequenceBefore(prerelease, PRERELEASE)),
    ),
  equal: ({ numbers, prerelease }) =>
    numbersEqual(numbers) + (prerelease.length === 0 ? '' : `-${prerelease.map(identifierEqual).join('[.]')}`),
  after: ({ numbers, prerelease }) =>
    oneOf(
      `${numbersAfter(numbers)}(?:-${IDENTIFIERS})?`,
      prerelease.length === 0 ? undefined : `${numbersEqual(numbers)}(?:-${prereleaseAfter(prerelease)})?`,
    ),
}

const oneOf = (...patterns: Pattern[]): Pattern => {
  const possible = patterns.filter((one) => one !== undefined)
  return possible.length === 0 ? undefined : `(?:${possible.join('|')})`
}

const then = (first: Pattern, second: Pattern): Pattern =>
  first === undefined || second === undefined ? undefined : first + second

// The last of the numbers is not 0: those that follow are, as are those that a text lacks.

function numbersBefore([number, ...others]: readonly string[]): Pattern {
  if (number === undefined) return undefined
  const next = numbersBefore(others)
  return oneOf(then(numberBefore(number), MORE_NUMBERS), next && `${numberEqual(number)}(?:[.]${next})?`)
}

function numbersEqual([number, ...others]: readonly string[]): string {
  if (number === undefined) return '0+(?:[.]0+)*'
  return numberEqual(number) + (others.length === 0 ? '(?:[.]0+)*' : `[.]${numbersEqual(others)}`)
}

function numbersAfter([number, ...others]: readonly string[]): string {
  if (number === undefined) return `(?:0+[.])*${numberAfter('0')}${MORE_NUMBERS}`
  return `(?:${numberAfter(number)}${MORE_NUMBERS}|${numberEqual(number)}[.]${numbersAfter(others)})`
}

const numberEqual = (number: string): string => (number === '0' ? '0+' : `0*${number}`)

function numberBefore(number: string): Pattern {
  const { length } = number
  return then('0*', oneOf(length > 1 ? `[0-9]{1,${length - 1}}` : undefined, digitsBefore(number)))
}

const numberAfter = (number: string): string => `0*${oneOf(`[1-9][0-9]{${number.length},}`, digitsAfter(number))}`

/** Of the same length. */
function digitsBefore(digits: string): Pattern {
  const [digit = '', others] = [digits[0], digits.slice(1)]
  return oneOf(
    digit === '0' ? undefined : `[0-${Number(digit) - 1}]${anyDigits(others.length)}`,
    others === '' ? undefined : then(digit, digitsBefore(others)),
  )
}

function digitsAfter(digits: string): Pattern {
  const [digit = '', others] = [digits[0], digits.slice(1)]
  return oneOf(
    digit === '9' ? undefined : `[${Number(digit) + 1}-9]${anyDigits(others.length)}`,
    others === '' ? undefined : then(digit, digitsAfter(others)),
  )
}

const anyDigits = (count: number): string => (count === 0 ? '' : `[0-9]{${count}}`)

type Sequence = {
  before: (first: string) => Pattern
  equal: (first: string) => string
  separator: string
  anything: string
}

/** What precedes a sequence: an element that does so and anything after it, or fewer elements of the sequence. */
function sequenceBefore([first, ...others]: readonly string[], kind: Sequence): Pattern {
  if (first === undefined) return undefined
  const next = sequenceBefore(others, kind)
  const fewer = kind.equal(first) + (next === undefined ? '' : `(?:${kind.separator}${next})?`)
  return oneOf(then(kind.before(first), kind.anything), others.length === 0 ? undefined : fewer)
}

const identifierEqual = (identifier: string): string => (isNumber(identifier) ? numberEqual(identifier) : identifier)

const PRERELEASE: Sequence = {
  before: (identifier) =>
    isNumber(identifier) ? numberBefore(identifier) : oneOf('[0-9]+', sequenceBefore([...identifier], LETTERS)),
  ...{ equal: identifierEqual, separator: '[.]', anything: MORE_IDENTIFIERS },
}

/** In the order of ASCII, in which identifiers are compared. */
const ALPHABET = '-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const DIGITS = '0123456789'

const LETTERS: Sequence = {
  before: (letter) => oneOfLetters([...ALPHABET.slice(0, ALPHABET.indexOf(letter))]),
  ...{ equal: (letter) => letter, separator: '', anything: '[0-9A-Za-z-]*' },
}

function prereleaseAfter([first, ...others]: readonly string[]): string {
  if (first === undefined) return IDENTIFIERS
  const after = isNumber(first) ? `(?:${numberAfter(first)}|${WORD})` : wordAfter(first, false)
  return `(?:${after}${MORE_IDENTIFIERS}|${identifierEqual(first)}[.]${prereleaseAfter(others)})`
}

/** Words only, although a number may follow in the order of ASCII: `isWord`, if what comes before is no number. */
function wordAfter([letter, ...others]: Iterable<string>, isWord: boolean): string {
  if (letter === undefined) return IDENTIFIER
  const later = [...ALPHABET.slice(ALPHABET.indexOf(letter) + 1)]
  const ending = (letters: string[], rest: string) => then(oneOfLetters(letters), rest)
  return oneOf(
    ending(
      later.filter((one) => isWord || !DIGITS.includes(one)),
      '[0-9A-Za-z-]*',
    ),
    isWord
      ? undefined
      : ending(
          later.filter((one) => DIGITS.includes(one)),
          WORD,
        ),
    letter + wordAfter(others, isWord || !DIGITS.includes(letter)),
  ) as string
}

const oneOfLetters = (letters: readonly string[]): Pattern =>
  letters.length === 0
    ? undefined
    : `[${letters.filter((one) => one !== '-').join('')}${letters.includes('-') ? '-' : ''}]`
