/** Runs `work` on every item, at most `limit` at a time; the first failure is thrown once those under way ended. */
export async function bounded<Item, Result>(
  limit: number,
  items: readonly Item[],
  work: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  let following = 0
  let failure: { error: unknown } | undefined
  const lane = async () => {
    while (following < items.length && !failure) {
      const index = following++
      await work(items[index] as Item, index).then(
        (result) => {
          results[index] = result
        },
        (error) => {
          failure ??= { error }
        },
      )
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, lane))
  if (failure) throw failure.error
  return results
}
