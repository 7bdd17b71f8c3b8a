import { type Env, nowText } from '../../env.ts'
import { insertSamples } from '../rows/sample-rows.ts'

/**
 * Records the counters of deployments that have changed since their last sample, for their timelines. Several processes
 * may run this at once.
 */
export async function sampleDeployments(env: Pick<Env, 'db' | 'now'>): Promise<void> {
  await insertSamples(env.db, nowText(env))
}
