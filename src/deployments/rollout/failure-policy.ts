import { type Static, Type } from 'typebox'
import { invalidField } from '../../errors.ts'
import { DEVICES, MINUTES, orNull, PERCENT, readWhole, whole } from './members.ts'

const SCOPES = ['phase', 'deployment'] as const
const ACTIONS = ['pause', 'abort', 'rollback'] as const

/** Which failures stop a deployment, and what stopping does. */
export const NewFailurePolicy = Type.Object(
  {
    max_failures: whole('Number of failed devices at which the deployment stops'),
    max_failure_percent: whole('Percentage of the ended devices, 1 to 100, at which the deployment stops'),
    min_ended: whole('With `max_failure_percent`: number of devices that must have ended first; by default 1'),
    scope: orNull(
      'Which devices are counted: `phase` (default): those of each phase; `deployment`: all',
      Type.Enum([...SCOPES]),
    ),
    timeout_minutes: whole(
      'A device that has not ended this many minutes after its offer counts as failed, 1 to 525600',
    ),
    action: orNull(
      'What stopping does: `pause` (default), `abort`, or `rollback`: abort, and deploy `rollback_artifact_name`',
      Type.Enum([...ACTIONS]),
    ),
    rollback_artifact_name: orNull(
      'With `action: rollback`: name of the release to deploy to the devices that have had an offer',
      Type.String({ minLength: 1, maxLength: 4096 }),
    ),
  },
  { title: 'NewFailurePolicy', description: 'Which failures stop the deployment, and what stopping does' },
)
export type NewFailurePolicy = Static<typeof NewFailurePolicy>

export const FailurePolicy = Type.Object(
  {
    max_failures: Type.Optional(
      Type.Integer({ description: 'Number of failed devices at which the deployment stops' }),
    ),
    max_failure_percent: Type.Optional(
      Type.Integer({ description: 'Percentage of the ended devices at which the deployment stops' }),
    ),
    min_ended: Type.Optional(
      Type.Integer({ description: 'With `max_failure_percent`: number of devices that must have ended first' }),
    ),
    scope: Type.Unsafe<(typeof SCOPES)[number]>({
      ...{ type: 'string', enum: SCOPES },
      description: 'Which devices are counted: `phase`: those of each phase; `deployment`: all',
    }),
    timeout_minutes: Type.Optional(
      Type.Integer({ description: 'A device that has not ended this many minutes after its offer counts as failed' }),
    ),
    action: Type.Unsafe<(typeof ACTIONS)[number]>({
      ...{ type: 'string', enum: ACTIONS },
      description: 'What stopping does',
    }),
    rollback_artifact_name: Type.Optional(
      Type.String({ description: 'With `action: rollback`: name of the release that is deployed instead' }),
    ),
  },
  { title: 'FailurePolicy', description: 'Which failures stop the deployment, and what stopping does' },
)
export type FailurePolicy = Static<typeof FailurePolicy>

/** Reads the failure policy of a request; whether the release of a rollback exists is checked by its creation. */
export function readFailurePolicy(given: NewFailurePolicy): FailurePolicy {
  const at = (member: string) => `failure_policy.${member}`
  const max_failures = readWhole(at('max_failures'), given.max_failures, DEVICES)
  const max_failure_percent = readWhole(at('max_failure_percent'), given.max_failure_percent, PERCENT)
  const min_ended = readWhole(at('min_ended'), given.min_ended, DEVICES)
  const timeout_minutes = readWhole(at('timeout_minutes'), given.timeout_minutes, MINUTES)
  const { scope, action, rollback_artifact_name: release } = given
  if (max_failures === null && max_failure_percent === null && timeout_minutes === null)
    throw invalidField('failure_policy', 'must have max_failures, max_failure_percent or timeout_minutes')
  if (min_ended !== null && max_failure_percent === null)
    throw invalidField(at('min_ended'), 'can only be used with max_failure_percent')
  if (action === 'rollback' && !release)
    throw invalidField(at('rollback_artifact_name'), 'cannot be blank with action: rollback')
  if (action !== 'rollback' && release)
    throw invalidField(at('rollback_artifact_name'), 'can only be used with action: rollback')
  return {
    ...(max_failures === null ? {} : { max_failures }),
    ...(max_failure_percent === null ? {} : { max_failure_percent, min_ended: min_ended ?? 1 }),
    scope: scope ?? 'phase',
    ...(timeout_minutes === null ? {} : { timeout_minutes }),
    action: action ?? 'pause',
    ...(release ? { rollback_artifact_name: release } : {}),
  }
}

/** Devices as a policy counts them. */
export type PolicyTally = { ended: number; failed: number }

/** Which limit of the policy the devices have reached, if one. */
export function limitReached(policy: FailurePolicy, { ended, failed }: PolicyTally): Limit | undefined {
  const { max_failures, max_failure_percent, min_ended = 1 } = policy
  if (max_failures !== undefined && failed >= max_failures) return { kind: 'failures', limit: max_failures }
  if (
    max_failure_percent !== undefined &&
    ended >= min_ended &&
    failed > 0 &&
    failed * 100 >= max_failure_percent * ended
  )
    return { kind: 'percent', limit: max_failure_percent }
  return undefined
}

export type Limit = { kind: 'failures' | 'percent'; limit: number }
