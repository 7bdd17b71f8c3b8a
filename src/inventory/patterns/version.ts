/**
 * A version without what does not count: zeros before a number, zeros at the end of the numbers, and the build.
 * `prerelease` is empty for a release.
 */
export type Version = { numbers: readonly string[]; prerelease: readonly string[] }

const IDENTIFIERS = '[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*'
const VERSION = new RegExp(`^[vV]?([0-9]+(?:\\.[0-9]+)*)(?:-(${IDENTIFIERS}))?(?:\\+${IDENTIFIERS})?$`)

/**
 * Reads a semantic version (2.0.0 of semver.org), more generously: any number of numbers, with zeros before them, after
 * a `v`. Undefined: the text is no version.
 */
export function readVersion(text: string): Version | undefined {
  const [, numbers, prerelease] = VERSION.exec(text) ?? []
  if (numbers === undefined) return undefined
  const significant = numbers.split('.').map(withoutZeros)
  return {
    numbers: significant.slice(0, significant.findLastIndex((one) => one !== '0') + 1),
    prerelease: prerelease?.split('.').map((one) => (isNumber(one) ? withoutZeros(one) : one)) ?? [],
  }
}

export type VersionSide = 'before' | 'equal' | 'after'

/** Where a version must be as seen from that of the term. */
const OPERATORS = {
  $version_eq: ['equal'],
  $version_gt: ['after'],
  $version_gte: ['equal', 'after'],
  $version_lt: ['before'],
  $version_lte: ['before', 'equal'],
} satisfies Record<string, VersionSide[]>

export type VersionOperator = keyof typeof OPERATORS

export const isVersionOperator = (type: string): type is VersionOperator => Object.hasOwn(OPERATORS, type)

export const sidesOf = (type: VersionOperator): readonly VersionSide[] => OPERATORS[type]

/** Where the first version is as seen from the second. */
export function sideOf(one: Version, other: Version): VersionSide {
  const order = compareVersions(one, other)
  return order < 0 ? 'before' : order > 0 ? 'after' : 'equal'
}

export const isNumber = (identifier: string): boolean => /^[0-9]+$/.test(identifier)

const withoutZeros = (number: string): string => number.replace(/^0+(?=[0-9])/, '')

/** Below 0 if the first precedes, 0 if they are equal. Missing numbers are 0, and a release follows its pre-releases. */
function compareVersions(a: Version, b: Version): number {
  const longer = Math.max(a.numbers.length, b.numbers.length)
  for (let i = 0; i < longer; i++) {
    const order = compareNumbers(a.numbers[i] ?? '0', b.numbers[i] ?? '0')
    if (order !== 0) return order
  }
  return comparePrereleases(a.prerelease, b.prerelease)
}

function comparePrereleases(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return b.length - a.length
  const shorter = Math.min(a.length, b.length)
  for (let i = 0; i < shorter; i++) {
    const order = compareIdentifiers(a[i] as string, b[i] as string)
    if (order !== 0) return order
  }
  return a.length - b.length
}

/** Numbers precede texts. */
function compareIdentifiers(a: string, b: string): number {
  if (isNumber(a) !== isNumber(b)) return isNumber(a) ? -1 : 1
  return isNumber(a) ? compareNumbers(a, b) : compareAscii(a, b)
}

/** Of any length. */
const compareNumbers = (a: string, b: string): number => a.length - b.length || compareAscii(a, b)

const compareAscii = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
