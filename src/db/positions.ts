/**
 * The distinct texts of some items, and for each item the position of its text among them, from 1: what many rows have
 * in common is sent once.
 */
export function positions<Item>(items: readonly Item[], toText: (item: Item) => string) {
  const position_of = new Map<string, number>()
  const of = items.map((item) => {
    const text = toText(item)
    const position = position_of.get(text) ?? position_of.size + 1
    position_of.set(text, position)
    return position
  })
  return { distinct: [...position_of.keys()], of }
}
