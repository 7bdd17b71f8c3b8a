import { hasCode } from '../../error-code.ts'
import { SQLSTATE } from '../database-errors.ts'

/** Whose devices turned out to be spread over several databases. */
const spread = new WeakSet<object>()

/**
 * Does it with a statement that locks rows of many devices, or recurses through them; where devices are spread over several databases,
 * which refuse that, in the other way, from then on.
 */
export async function unlessDistributed<Env extends object, Result>(
  env: Env,
  { together, apart }: { together: () => Promise<Result>; apart: () => Promise<Result> },
): Promise<Result> {
  if (spread.has(env)) return apart()
  try {
    return await together()
  } catch (error) {
    if (!hasCode(error, SQLSTATE.feature_not_supported)) throw error
    spread.add(env)
    return apart()
  }
}
