/**
 * Runs `work` on every item, at most `limit` at a time; throws the first failure once the items in progress are done.
 */
export async function bounded<Item, Result>(
  limit: number,
  items: readonly Item[],
  work: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  let following = 0
  let failure: { error: unknown } | undefined
  const worker = async () => {
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
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker))
  if (failure) throw failure.error
  return results
}
