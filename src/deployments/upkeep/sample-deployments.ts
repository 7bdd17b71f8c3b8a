import { type Env, nowText } from '../../env.ts'
import { insertSamples } from '../rows/sample-rows.ts'

/**
 * Records the counters of deployments that have changed since their last sample, for their timelines. `active_only`:
 * not of those that have finished, whose devices may still report corrections. Several processes may run this at once.
 */
export async function sampleDeployments(
  env: Pick<Env, 'db' | 'now'>,
  { active_only = false }: { active_only?: boolean } = {},
): Promise<void> {
  await insertSamples(env.db, nowText(env), { active_only })
}
