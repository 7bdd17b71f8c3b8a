import { type Static, Type } from 'typebox'

const STATES = ['running', 'held', 'paused', 'stopped'] as const

/** Why a rollout is in its state. */
const REASONS = [
  // paused
  ...(['paused_by_user', 'max_failures', 'max_failure_percent', 'verdict_failed'] as const),
  // held
  ...(['gate', 'soak', 'verdict', 'approval', 'window'] as const),
  // stopped
  ...(['finished', 'aborted', 'rolled_back'] as const),
] as const
export type ReasonCode = (typeof REASONS)[number]

export const By = Type.Object(
  {
    id: Type.String({ description: 'ID of the user; `failure-policy` if no user did it' }),
    email: Type.Optional(Type.String({ description: 'E-mail address of the user' })),
  },
  { title: 'By', description: 'Who did it' },
)
export type By = Static<typeof By>

const time = (description: string) => Type.Optional(Type.String({ format: 'date-time', description }))
const count = (description: string) => Type.Optional(Type.Integer({ description }))

/** Why the rollout is in its state, with the numbers at that moment. */
const Reason = Type.Object(
  {
    code: Type.Unsafe<ReasonCode>({ type: 'string', enum: REASONS, description: 'The reason, for programs' }),
    message: Type.String({ description: 'The reason as a sentence' }),
    phase_id: Type.Optional(Type.String({ description: 'ID of the phase that it is about' })),
    succeeded: count('Number of devices that had succeeded'),
    failed: count('Number of devices that had failed, in whatever way'),
    timed_out: count('Of these, devices that had not ended in time'),
    unconfirmed: count('Of these, devices whose success was not confirmed in time'),
    ended: count('Number of devices that had ended'),
    limit: count('The limit that was reached: devices, or percent'),
  },
  { title: 'RolloutReason', description: 'Why a rollout is in its state' },
)

export const Trip = Type.Object(
  {
    at: Type.String({ format: 'date-time', description: 'When the limit was reached' }),
    code: Type.Unsafe<ReasonCode>({ type: 'string', enum: REASONS, description: 'Which limit, for programs' }),
    phase_id: Type.Optional(Type.String({ description: 'ID of the phase whose devices were counted' })),
    /** Programs match by index. */
    phase: Type.Optional(Type.Integer({ description: 'Number of that phase, from 1' })),
    counted_since: time('When the deployment was resumed, if only what ended since then is counted'),
    failed: Type.Integer({ description: 'Number of devices that had failed, in whatever way' }),
    timed_out: Type.Integer({
      description: 'Of these, the number that had not ended in time; after a resume, at most',
    }),
    unconfirmed: Type.Integer({
      description: 'Of these, the number that were not confirmed in time; after a resume, at most',
    }),
    ended: Type.Integer({ description: 'Number of devices that had ended' }),
    limit: count('The limit: devices, or percent'),
    program: Type.Optional(Type.String({ description: 'Name of the program whose verdict it was' })),
    action: Type.Enum(['pause', 'abort', 'rollback'], { description: 'What followed' }),
    resumed_at: time('When somebody resumed the deployment afterwards; absent: nobody has'),
  },
  { title: 'Trip', description: 'How the failure policy of a deployment stopped it' },
)
export type Trip = Static<typeof Trip>

export const RolloutState = Type.Object(
  {
    state: Type.Unsafe<(typeof STATES)[number]>({
      ...{ type: 'string', enum: STATES },
      description:
        '`running`; `held`: nothing is wrong, but the next phase waits; `paused`: until somebody resumes it; `stopped`: finished or aborted',
    }),
    reason: Type.Optional(Reason),
    since: Type.String({ format: 'date-time', description: 'Since when' }),
    by: Type.Optional(By),
    /** The last one, also after it was resumed. */
    trip: Type.Optional(Trip),
    in_flight: Type.Integer({ description: 'Number of devices that work on the deployment, or are to be confirmed' }),
    timed_out: Type.Integer({ description: 'Number of devices that have not ended in time' }),
    unconfirmed: Type.Integer({ description: 'Number of devices whose success is to be confirmed' }),
    unconfirmed_in_time: Type.Integer({ description: 'Number of devices whose success was not confirmed in time' }),
    waiting: Type.Integer({ description: 'Number of devices that wait for another attempt' }),
  },
  { title: 'RolloutState', description: 'Whether a rollout proceeds, and why not' },
)
export type RolloutState = Static<typeof RolloutState>

const GATE_STATES = ['closed', 'collecting', 'soaking', 'awaiting_approval', 'awaiting_verdict', 'open'] as const

export const GateProgress = Type.Object(
  {
    state: Type.Unsafe<(typeof GATE_STATES)[number]>({
      ...{ type: 'string', enum: GATE_STATES },
      description: '`closed`: its phase is not open yet; `open`: the next phase may start',
    }),
    success_percent: Type.Number({ description: 'Percentage of the devices that have succeeded' }),
    succeeded: Type.Integer({ description: 'Number of devices that have succeeded' }),
    failed: Type.Integer({ description: 'Number of devices that have failed, in whatever way' }),
    base: Type.Integer({ description: 'Number of devices of which the percentage is' }),
    in_flight: Type.Integer({ description: 'Number of devices of the phase that have not ended' }),
    opens_at: time('When it opens if nothing changes; absent: that depends on devices or people'),
    soaks_until: time('When its soak ends, if the percentage holds until then; absent: it is not soaking'),
    opened_at: time('When it opened'),
    approved_by: Type.Optional(By),
    comment: Type.Optional(Type.String({ description: 'Comment of the approval' })),
    opened_by: Type.Optional(By),
    reason: Type.Optional(Type.String({ description: 'Why `opened_by` opened it although it did not hold' })),
    verdicts: Type.Record(
      Type.String(),
      Type.Object(
        {
          verdict: Type.Enum(['pass', 'fail'], { description: 'The verdict' }),
          reason: Type.Optional(Type.String({ description: 'Why' })),
          at: Type.String({ format: 'date-time', description: 'When it was reported' }),
          by: By,
        },
        { title: 'GivenVerdict', description: 'The last verdict of a program' },
      ),
      { description: 'The last verdict of each program, by its name' },
    ),
  },
  { title: 'GateProgress', description: 'How far the gate of a phase is' },
)
export type GateProgress = Static<typeof GateProgress>
