import { hasCode } from '../../has-code.ts'
import { SQLSTATE } from '../database-errors.ts'

/** The environments whose devices turned out to be distributed over several machines. */
const distributed_envs = new WeakSet<object>()

/**
 * Runs `whole`, whose statement locks rows of many devices or recurses through them. A distributed database (Citus)
 * does not support such statements: then, and from then on, runs `distributed` instead.
 */
export async function unlessDistributed<Env extends object, Result>(
  env: Env,
  { whole, distributed }: { whole: () => Promise<Result>; distributed: () => Promise<Result> },
): Promise<Result> {
  if (distributed_envs.has(env)) return distributed()
  try {
    return await whole()
  } catch (error) {
    if (!hasCode(error, SQLSTATE.feature_not_supported)) throw error
    distributed_envs.add(env)
    return distributed()
  }
}
