import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files that take longest in CI. Most have few lines, and would start when only one worker still has something to do. */
const LONGEST = [
  ...['api/bad-input', 'cli', 'races', 'rollout-races', 'clients/swupdate', 'package', 'workers', 'crash'],
  ...['rollout-crash', 'webhook-crash', 'web/devices', 'web/rollout', 'clients/connect-documents', 'api/roles'],
  ...['rollouts-document', 'web/pages', 'clients/mixed-fleet', 'clients/rauc-hawkbit', 'clients/mender-rollout'],
  ...['clients/connect-swupdate', 'web/below-a-path', 'web/states', 'rollout-silence', 'rollout-clock', 'failover'],
  ...['clients/openapi-python', 'idempotency-crash', 'backup', 'membership-races', 'database-loss', 'web/webhooks'],
]

const rankOf = ({ moduleId }: TestSpecification): number => {
  const rank = LONGEST.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`))
  return rank === -1 ? LONGEST.length : rank
}

/** The longest files first, then as Vitest does: by their last durations, which CI does not know, or by their size. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).toSorted((a, b) => rankOf(a) - rankOf(b))
  }
}
