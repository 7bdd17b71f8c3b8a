import { type Static, Type } from 'typebox'
import { Term } from '../inventory/filter.ts'
import { DevicePin } from './pin.ts'
import { GateProgress } from './rollout/answers.ts'

/** Why a device is, or is not, offered a deployment. */
const CODES = [
  'counted_in',
  'deployment_aborted',
  'deployment_finished',
  'not_accepted',
  'not_listed',
  'filter_mismatch',
  'newer_deployment_finished',
  'newer_deployment_begun',
  'busy',
  'waits_for_older',
  'limit_reached',
  'excluded',
  'pinned',
  'paused',
  'waits_for_phase',
  'waits_for_gate',
  'quiet_hours',
  'waits_for_window',
  'waits_for_slot',
  'waits_for_rate',
  'waits_for_download',
  'no_device_type',
  'no_artifact',
  'downgrade',
  'already_installed',
  'waits_for_poll',
] as const

const FailingTerm = Type.Object(
  {
    ...Term.properties,
    actual: Type.Optional(Type.Unknown({ description: 'The value that the device has; absent: none' })),
  },
  { title: 'FailingTerm', description: 'A term that the device does not match' },
)
export type FailingTerm = Static<typeof FailingTerm>

type FailingGroup = { type: string; terms: AnyFailingTerm[] }
export type AnyFailingTerm = FailingTerm | FailingGroup

const FailingGroup = Type.Object(
  {
    type: Type.String({ description: '`$and`, `$or` or `$not`' }),
    terms: Type.Unsafe<AnyFailingTerm[]>({
      ...{ type: 'array', items: { 'x-schema': 'AnyFailingTerm' } },
      description: 'All of its terms, also those that the device matches',
    }),
  },
  { title: 'FailingTermGroup', description: 'A group of terms that the device does not match' },
)

const AnyFailingTerm = Type.Unsafe<AnyFailingTerm>({
  ...{ title: 'AnyFailingTerm', description: 'A term or group that the device does not match' },
  anyOf: [FailingTerm, FailingGroup],
})

export const Explanation = Type.Object(
  {
    code: Type.Unsafe<(typeof CODES)[number]>({ type: 'string', enum: CODES, description: 'The reason, for programs' }),
    message: Type.String({ description: 'The reason as a sentence' }),
    status: Type.Optional(Type.String({ description: 'With `counted_in`: how far the device is' })),
    failing_terms: Type.Optional(
      Type.Array(AnyFailingTerm, { description: 'With `filter_mismatch`: the terms that the device does not match' }),
    ),
    deployment_id: Type.Optional(Type.String({ description: 'ID of another deployment that is the reason' })),
    phase: Type.Optional(
      Type.Object(
        {
          id: Type.String({ description: 'ID of the phase' }),
          number: Type.Optional(Type.Integer({ description: 'Number of the phase, from 1' })),
          start_ts: Type.Optional(
            Type.String({ format: 'date-time', description: 'Time from which it may open; absent: from creation' }),
          ),
        },
        { description: 'With `waits_for_phase` and `waits_for_gate`: the phase that the device waits for' },
      ),
    ),
    gate: Type.Optional(GateProgress),
    downloads: Type.Optional(
      Type.Object(
        {
          running: Type.Integer({ description: 'Number of downloads that are running' }),
          limit: Type.Integer({ description: 'Number of those that may' }),
          scope: Type.Optional(
            Type.String({ description: 'Scope of the attribute of the limit; absent: for all devices' }),
          ),
          attribute: Type.Optional(Type.String({ description: 'Name of the attribute' })),
          value: Type.Optional(
            Type.String({ description: 'Value that the device has; of one with more than 100 characters the SHA-256' }),
          ),
        },
        { description: 'With `waits_for_download`: the limit that leaves no place' },
      ),
    ),
    pin: Type.Optional(DevicePin),
    until: Type.Optional(
      Type.String({
        format: 'date-time',
        description: 'When the reason may end by itself; absent: that depends on devices or people',
      }),
    ),
    check_in_time: Type.Optional(
      Type.String({
        format: 'date-time',
        description: 'With `waits_for_poll`: time of the last poll or inventory report',
      }),
    ),
  },
  { title: 'Explanation', description: 'Why a device has, or has not, been offered a deployment' },
)
export type Explanation = Static<typeof Explanation>
