import { type Static, Type } from 'typebox'
import { Term } from '../inventory/filter.ts'

/** Why a device is, or is not, offered a deployment. */
const CODES = [
  'counted_in',
  'deployment_aborted',
  'deployment_finished',
  'not_accepted',
  'not_listed',
  'filter_mismatch',
  'newer_deployment_finished',
  'busy',
  'waits_for_older',
  'limit_reached',
  'waits_for_phase',
  'no_artifact',
  'already_installed',
  'waits_for_poll',
] as const

const FailingTerm = Type.Object({
  ...Term.properties,
  actual: Type.Optional(Type.Unknown({ description: 'The value that the device has; absent: none' })),
})
export type FailingTerm = Static<typeof FailingTerm>

export const Explanation = Type.Object({
  code: Type.Unsafe<(typeof CODES)[number]>({ type: 'string', enum: CODES }),
  message: Type.String({ description: 'The same as a sentence' }),
  status: Type.Optional(Type.String({ description: 'counted_in: the status of the device in the deployment' })),
  failing_terms: Type.Optional(Type.Array(FailingTerm, { description: 'filter_mismatch: the terms that fail' })),
  deployment_id: Type.Optional(Type.String({ description: 'The other deployment that prevents the offer' })),
  phase: Type.Optional(
    Type.Object(
      { id: Type.String(), start_ts: Type.String({ format: 'date-time' }) },
      { description: 'waits_for_phase: the next phase to open' },
    ),
  ),
  check_in_time: Type.Optional(
    Type.String({ format: 'date-time', description: 'waits_for_poll: when the device was last seen' }),
  ),
})
export type Explanation = Static<typeof Explanation>
