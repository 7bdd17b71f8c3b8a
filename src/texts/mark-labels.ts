type Mark = { time: string; number: number }

/** `apart_ms`: marks that are closer share a label, so that no two overlap: `2` or `3–5`. */
export function labelsOf(marks: readonly Mark[], apart_ms: number): { at: number; label: string }[] {
  const groups: Mark[][] = []
  for (const mark of marks) {
    const first = groups.at(-1)?.[0]
    if (first && Date.parse(mark.time) - Date.parse(first.time) < apart_ms) groups.at(-1)?.push(mark)
    else groups.push([mark])
  }
  return groups.flatMap((group) => {
    const [first, last] = [group[0], group.at(-1)]
    if (!first || !last) return []
    const label = first === last ? `${first.number}` : `${first.number}–${last.number}`
    return [{ at: Date.parse(first.time), label }]
  })
}
