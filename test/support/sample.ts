/** With MUSTER_TEST_FULL=1, as in .ci/nightly, nothing is left out. */
export const isFull = process.env.MUSTER_TEST_FULL === '1'
/** Which part the samples are. */
const SEED = Number(process.env.MUSTER_TEST_SEED ?? 0)

/** One of every `of` items, beginning at another one for each `offset`; all of them with MUSTER_TEST_FULL. */
export function sample<Item>(items: Iterable<Item>, { of, offset }: { of: number; offset: number }): Item[] {
  return isFull ? [...items] : [...items].filter((_, i) => (i + offset + SEED) % of === 0)
}

/** For the title of a test, so that a failure says how to repeat it. */
export const SAMPLED = isFull ? 'all' : `a sample, MUSTER_TEST_SEED=${SEED}`
