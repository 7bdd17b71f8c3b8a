import { type CharacterSet, range, union } from './code-points.ts'

/** Characters beyond the first two planes have no case. */
const LAST_PLANE_WITH_CASE = 0x1ffff
const HAS_CASE = /\p{Changes_When_Casemapped}/u
/** Its upper case is I, as that of i, but Unicode's simple folding does not fold it to i. */
const DOTLESS_I = 0x131

type CaseVariants = { sorted: readonly number[]; of: ReadonlyMap<number, readonly number[]> }

let cachedVariants: CaseVariants | undefined
/** The characters that differ only by case. Computed at first use, which takes about 20 ms. */
const caseVariants = (): CaseVariants => {
  cachedVariants ??= findVariants()
  return cachedVariants
}

function findVariants(): CaseVariants {
  const of = new Map<number, number[]>()
  for (let code = 0; code <= LAST_PLANE_WITH_CASE; code++) {
    const character = String.fromCodePoint(code)
    if (code === DOTLESS_I || !HAS_CASE.test(character)) continue
    for (const other of [character.toLowerCase(), character.toUpperCase()]) addVariant(of, code, other)
  }
  return { of, sorted: [...of.keys()].sort((a, b) => a - b) }
}

function addVariant(of: Map<number, number[]>, code: number, other: string) {
  const [partner = code, ...more] = [...other].map((character) => character.codePointAt(0) ?? code)
  if (partner === code || more.length > 0) return
  const all = [...new Set([code, partner, ...(of.get(code) ?? []), ...(of.get(partner) ?? [])])].sort((a, b) => a - b)
  for (const variant of all) of.set(variant, all)
}

/** All case variants of a character, including itself. */
export const variantsOf = (code: number): readonly number[] => caseVariants().of.get(code) ?? [code]

/**
 * Adds the other case variants of the characters, by Unicode's simple case folding. Patterns that ignore case are
 * written with such sets, so that they depend neither on the collation of a database nor on the Unicode version of an
 * engine.
 */
export function foldCase(set: CharacterSet): CharacterSet {
  const { sorted, of } = caseVariants()
  const others = set.flatMap(([first, last]) => {
    const found: CharacterSet[] = []
    for (let at = lowerBound(sorted, first); at < sorted.length && (sorted[at] ?? 0) <= last; at++)
      found.push(...(of.get(sorted[at] ?? 0) ?? []).map((code) => range(code)))
    return found
  })
  return union(set, ...others)
}

/** The index of the first element that is not below the value. */
function lowerBound(sorted: readonly number[], value: number): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] ?? 0) < value) low = middle + 1
    else high = middle
  }
  return low
}
