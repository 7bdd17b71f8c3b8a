import type { IconSearch } from '@tabler/icons-react'

/** Something to go to, or to do. `run` returns `stay` if it opens another dialog. */
export type Item = {
  id: string
  label: string
  detail?: string
  icon: typeof IconSearch
  keys?: readonly string[]
  href?: string
  run?: () => 'stay' | undefined
}

export type ItemGroup = { name: string; items: readonly Item[] }

/** Whether each word of the text begins a word of the label or the detail. */
export function matches({ label, detail = '' }: Pick<Item, 'label' | 'detail'>, text: string): boolean {
  const words = wordsOf(`${label} ${detail}`)
  return wordsOf(text).every((wanted) => words.some((word) => word.startsWith(wanted)))
}

const wordsOf = (text: string): string[] =>
  text
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean)

/** Without groups that have nothing, and each item only where it comes first. */
export function distinct(groups: readonly ItemGroup[]): ItemGroup[] {
  const seen = new Set<string>()
  return groups.flatMap(({ name, items }) => {
    const fresh = items.filter(({ id, href = id }) => !seen.has(href) && seen.add(href))
    return fresh.length > 0 ? [{ name, items: fresh }] : []
  })
}
