import type { Distribution } from './shards.ts'

type Holder = { db: { distribution: Distribution } }

/**
 * Runs `whole`, whose statement locks rows of many devices or recurses through them; on a distributed database, which
 * does not support such statements, `distributed`.
 */
export const unlessDistributed = <Result>(
  { db }: Holder,
  { whole, distributed }: { whole: () => Promise<Result>; distributed: () => Promise<Result> },
): Promise<Result> => (db.distribution.shards ? distributed() : whole())
