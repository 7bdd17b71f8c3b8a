/** The known words that a mistyped word may stand for: those with the smallest edit distance, if it is small enough. */
function similarTo(word: string, known: readonly string[]): string[] {
  const max = word.length <= 4 ? 1 : word.length <= 8 ? 2 : 3
  const ranked = known.map((one) => ({ one, edits: editsBetween(word, one) }))
  const least = Math.min(max, ...ranked.map(({ edits }) => edits))
  return ranked.filter(({ edits }) => edits === least).map(({ one }) => one)
}

/** ` Did you mean "a" or "b"?` with the leading space, or an empty string if no word is similar. */
export function didYouMean(word: string, known: readonly string[]): string {
  const quoted = similarTo(word, known).map((one) => `"${one}"`)
  return quoted.length === 0 ? '' : ` Did you mean ${listed(quoted)}?`
}

/** `a, b or c` */
export const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`

/** Optimal string alignment distance: inserting, removing, replacing or transposing adjacent characters is one edit. */
function editsBetween(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)]
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const at = (up: number, left: number) => rows[i - up]?.[j - left] ?? Number.POSITIVE_INFINITY
      const replaced = at(1, 1) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      row[j] = Math.min(at(1, 0) + 1, (row[j - 1] ?? 0) + 1, replaced, isSwap ? at(2, 2) + 1 : Number.POSITIVE_INFINITY)
    }
    rows.push(row)
  }
  return rows[a.length]?.[b.length] ?? 0
}
