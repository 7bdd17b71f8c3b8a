/**
 * The distinct texts of some items, the first item of each, and for each item the position of its text among them, from
 * 1: what many rows have in common is sent once.
 */
export function positions<Item>(items: readonly Item[], toText: (item: Item) => string) {
  const position_of = new Map<string, number>()
  const firsts: Item[] = []
  const of = items.map((item) => {
    const text = toText(item)
    const known = position_of.get(text)
    if (known !== undefined) return known
    const position = firsts.push(item)
    position_of.set(text, position)
    return position
  })
  return { distinct: [...position_of.keys()], firsts, of }
}
