import { test } from 'vitest'

/** With MUSTER_TEST_FULL=1, as in .ci/nightly, all items are tested. */
export const isFull = process.env.MUSTER_TEST_FULL === '1'

/** A test that takes long and is left to .ci/nightly. */
export const rare = isFull ? test : test.skip
/** Selects the part that is sampled. */
const SEED = Number(process.env.MUSTER_TEST_SEED ?? 0)

/** One of every `of` items, starting at `offset`; all items with MUSTER_TEST_FULL. */
export function sample<Item>(items: Iterable<Item>, { of, offset }: { of: number; offset: number }): Item[] {
  return isFull ? [...items] : [...items].filter((_, i) => (i + offset + SEED) % of === 0)
}

/** For the title of a test, so that a failure shows how to reproduce it. */
export const SAMPLED = isFull ? 'all' : `a sample, MUSTER_TEST_SEED=${SEED}`
