import { RE2JS } from 're2js'
import { compareText } from './patterns/code-points.ts'
import { toRe2 } from './patterns/pattern.ts'
import {
  isVersionOperator,
  readVersion,
  sideOf,
  sidesOf,
  type Version,
  type VersionOperator,
} from './patterns/version.ts'

/** Whether a stored value meets a condition; `undefined` is a missing one. */
export type ValueTest = (stored: unknown) => boolean

type Condition = { type: string; value: unknown }
type Scalar = string | number | boolean

/** The test of an operator with its value, which have passed `requireTerms`. */
export function toTest({ type, value }: Condition): ValueTest {
  switch (type) {
    case '$eq':
      return Array.isArray(value) ? (stored) => isSame(stored, value) : anyElement((one) => one === value)
    case '$ne':
      return not(toTest({ type: '$eq', value }))
    case '$in': {
      const values = new Set<unknown>(value as Scalar[])
      return anyElement((one) => values.has(one))
    }
    case '$nin':
      return not(toTest({ type: '$in', value }))
    case '$exists':
      return (stored) => (stored !== undefined) === value
    case '$regex': {
      const parts = toRe2(value as string).map(({ regex, negate }) => ({ compiled: RE2JS.compile(regex), negate }))
      const matches = (text: string) => parts.every(({ compiled, negate }) => compiled.test(text) !== negate)
      return anyElement((one) => typeof one === 'string' && matches(one))
    }
    case '$ltne': {
      const less = toTest({ type: '$lt', value })
      return (stored) => stored === undefined || less(stored)
    }
    default: {
      if (isVersionOperator(type)) return versionTest(type, value as string)
      const holds = COMPARISONS[type as keyof typeof COMPARISONS]
      return anyElement((one) => typeof one === typeof value && holds(compare(one as string, value as string)))
    }
  }
}

const COMPARISONS = {
  $gt: (order: number) => order > 0,
  $gte: (order: number) => order >= 0,
  $lt: (order: number) => order < 0,
  $lte: (order: number) => order <= 0,
}

function versionTest(type: VersionOperator, value: string): ValueTest {
  const version = readVersion(value) as Version
  const sides = sidesOf(type)
  return anyElement((one) => {
    const found = typeof one === 'string' ? readVersion(one) : undefined
    return found !== undefined && sides.includes(sideOf(found, version))
  })
}

const not =
  (test: ValueTest): ValueTest =>
  (stored) =>
    !test(stored)
const anyElement =
  (test: ValueTest): ValueTest =>
  (stored) =>
    Array.isArray(stored) ? stored.some(test) : test(stored)

const compare = <Value extends string | number>(a: Value, b: Value): number =>
  typeof a === 'string' ? compareText(a, b as string) : a < b ? -1 : a > b ? 1 : 0

const isSame = (stored: unknown, value: readonly Scalar[]): boolean =>
  Array.isArray(stored) && stored.length === value.length && stored.every((one, i) => one === value[i])
