/** Compares by code points, as PostgreSQL does: JavaScript's `<` compares UTF-16 units, which differs beyond U+FFFF. */
export function compareText(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length)
  for (let i = 0; i < shorter; i++) {
    const unit = a.charCodeAt(i)
    const other = b.charCodeAt(i)
    if (unit !== other) return rank(unit) - rank(other)
  }
  return a.length - b.length
}

/** Surrogates encode characters beyond U+FFFF, so they rank above all other units. */
const rank = (unit: number): number => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit)

/** A set of characters: ranges in ascending order that neither overlap nor adjoin. */
export type CharacterSet = readonly (readonly [first: number, last: number])[]

const FIRST = 1
const LAST = 0x10ffff

export const range = (first: number, last = first): CharacterSet => [[first, last]]

export function union(...sets: readonly CharacterSet[]): CharacterSet {
  const merged: [number, number][] = []
  for (const [first, last] of sets.flat().sort(([a], [b]) => a - b)) {
    const previous = merged.at(-1)
    if (previous && first <= previous[1] + 1) previous[1] = Math.max(previous[1], last)
    else merged.push([first, last])
  }
  return merged
}

/** All other characters of PostgreSQL's texts, which cannot contain NUL. */
export function complement(set: CharacterSet): CharacterSet {
  const gaps: [number, number][] = []
  let from = FIRST
  for (const [first, last] of set) {
    if (first > from) gaps.push([from, first - 1])
    from = last + 1
  }
  if (from <= LAST) gaps.push([from, LAST])
  return gaps
}
