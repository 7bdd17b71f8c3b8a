import type { FilterTerm } from '../../client/api.ts'

type Scalar = string | number | boolean

/** Operators on the command line and their names in the API. */
const OPERATORS: Readonly<Record<string, string>> = {
  ...{ '==': '$eq', '!=': '$ne', '>=': '$gte', '>': '$gt', '<=': '$lte', '<': '$lt', '=~': '$regex' },
  ...{ in: '$in', nin: '$nin', exists: '$exists', ltne: '$ltne' },
  ...{ 'version==': '$version_eq', 'version>=': '$version_gte', 'version>': '$version_gt' },
  ...{ 'version<=': '$version_lte', 'version<': '$version_lt' },
}
const ORDERINGS = ['$gt', '$gte', '$lt', '$lte', '$ltne']

export const TERM_HELP = `A term is "scope/attribute operator value", with spaces around the operator:
  inventory/region == eu              also !=
  inventory/region in [eu, us]        also nin (not in)
  inventory/memory >= number(2048)    also >, <, <=
  inventory/os version>= 2.4.0        by semantic version; also version>, version<, version<=, version==
  inventory/hostname =~ ^gw-[0-9]+$   a regular expression
  tags/pilot exists                   or: exists false
  (inventory/region == eu) or (tags/pilot exists)    also and, not (...), and brackets in brackets
Scopes: inventory, identity, system, tags, monitor. Values are strings, as devices usually report them; number(5) is a
number, boolean(true) a boolean. Put strings that look like these, or that contain commas or outer spaces, in double
quotes: "number(5)". All terms of a filter must match. Quote the whole term for the shell.`

const TERM =
  /^\s*([^\s/]+)\/("(?:[^"\\]|\\.)*"|\S.*?)\s+(==|!=|>=|>|<=|<|=~|in|nin|exists|ltne|version(?:==|>=|>|<=|<))(?:\s+(.*?))?\s*$/s

/** Parses a term; throws an Error that says what is wrong with the text. */
export function readTerm(text: string): FilterTerm {
  const [, scope = '', name = '', word = '', value = ''] = TERM.exec(text) ?? []
  const type = Object.hasOwn(OPERATORS, word) ? OPERATORS[word] : undefined
  const invalid = (problem: string) => new Error(`"${text}": ${problem}`)
  if (!type) throw invalid('a term is "scope/attribute operator value", with spaces around the operator')
  if (value === '' && type !== '$exists') throw invalid(`a value must follow ${word}; use "" for the empty string`)
  if (ORDERINGS.includes(type) && isBareNumber(value))
    throw invalid(`use number(${value}) to compare numbers, or "${value}" in double quotes to compare strings`)
  try {
    return { scope, attribute: name.startsWith('"') ? JSON.parse(name) : name, type, value: readValue(type, value) }
  } catch (error) {
    throw invalid((error as Error).message)
  }
}

/** The inverse of `readTerm`. Texts that are not plain are put into double quotes. */
export function writeTerm({ scope, attribute, type, value }: FilterTerm, isPlain = (_: string) => true): string {
  const word = Object.keys(OPERATORS).find((known) => OPERATORS[known] === type) ?? type
  const isBare = isPlain(attribute) && /^[^\s"](?:\S*[^\s"])?$/s.test(attribute)
  const subject = `${scope}/${isBare ? attribute : JSON.stringify(attribute)} ${word}`
  if (type === '$exists') return value === true ? subject : `${subject} false`
  const write = (one: unknown) => (typeof one === 'string' && !isPlain(one) ? JSON.stringify(one) : writeScalar(one))
  if (Array.isArray(value)) return `${subject} [${value.map(write).join(', ')}]`
  return `${subject} ${typeof value === 'string' && !isPlain(value) ? write(value) : writeOne(type, value)}`
}

function readValue(type: string, text: string): Scalar | Scalar[] {
  if (type === '$exists') {
    if (text === '' || text === 'true' || text === 'false') return text !== 'false'
    throw new Error('exists must be followed by true, false or nothing')
  }
  if (type === '$in' || type === '$nin') return readList(text.startsWith('[') ? text : `[${text}]`)
  if (type === '$regex') return text.startsWith('"') ? readText(text) : text
  return text.startsWith('[') ? readList(text) : readScalar(text)
}

const ELEMENT = /\s*("(?:[^"\\]|\\.)*"|[^,"]*?)\s*(,|$)/sy

function readList(text: string): Scalar[] {
  if (!text.endsWith(']')) throw new Error('a list must end with ]')
  const inside = text.slice(1, -1)
  if (inside.trim() === '') return []
  const values: Scalar[] = []
  ELEMENT.lastIndex = 0
  for (let comma = ','; comma === ','; ) {
    const [, element = '', end = ''] = ELEMENT.exec(inside) ?? []
    if (element === '') throw new Error('a value is missing in the list; use "" for the empty string')
    values.push(readScalar(element))
    comma = end
  }
  return values
}

function readScalar(text: string): Scalar {
  if (text.startsWith('"')) return readText(text)
  const [, kind, inside = ''] = /^(number|boolean)\((.*)\)$/s.exec(text) ?? []
  if (kind === 'boolean') {
    if (inside === 'true' || inside === 'false') return inside === 'true'
    throw new Error('boolean() must contain true or false')
  }
  if (kind !== 'number') return text
  if (inside.trim() === '' || !Number.isFinite(Number(inside))) throw new Error(`"${inside}" is not a number`)
  return Number(inside)
}

function readText(text: string): string {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error('a string that begins with a double quote must end with one; write quotes inside it as \\"')
  }
}

function writeOne(type: string, value: unknown): string {
  if (type !== '$regex')
    return ORDERINGS.includes(type) && isBareNumber(value) ? JSON.stringify(value) : writeScalar(value)
  return typeof value === 'string' && !/^$|^["\s]|\s$/.test(value) ? value : JSON.stringify(value)
}

function writeScalar(value: unknown): string {
  if (typeof value !== 'string') return `${typeof value}(${value})`
  return /^$|^[\s[]|[\s\]]$|[,"]|^(number|boolean)\(/s.test(value) ? JSON.stringify(value) : value
}

const isBareNumber = (value: unknown): boolean => typeof value === 'string' && /^[+-]?\d*\.?\d+$/.test(value)
