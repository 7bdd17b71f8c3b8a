import { type Static, Type } from 'typebox'
import { DEVICE_STATUSES } from './device-status.ts'
import { tally } from './phase-state.ts'
import { noStandings, type StandingCounts } from './standing.ts'
import { type Counters, noCounts } from './statistics.ts'

const count = (description: string) => Type.Integer({ description })

/** Each device is counted once. */
export const TimelinePoint = Type.Object(
  {
    time: Type.String({ format: 'date-time', description: 'The numbers are those of this time, until the next point' }),
    succeeded: count('Devices that run the release; with confirmation, those that are confirmed'),
    failed: count('Devices that failed, did not end in time, or were not confirmed in time'),
    in_progress: count('Devices that have an offer, or wait for another attempt, and have not ended'),
    waiting: count('Target devices that have no offer yet; of a dynamic deployment, these are not known: 0'),
    noartifact: count('Devices that the release has no artifact for'),
    aborted: count('Devices that an abort ended'),
    decommissioned: count('Devices that were decommissioned'),
  },
  { title: 'TimelinePoint', description: 'The devices of a deployment at a time' },
)
export type TimelinePoint = Static<typeof TimelinePoint>

/** Events of the audit log that are marks. */
const ACTIONS = ['approve', 'open', 'verdict', 'trip', 'pause', 'resume', 'rollback', 'abort'] as const
const MARKS = [...(['created', 'phase_opened', 'finished'] as const), ...ACTIONS]

export const isMark = (action: string): action is (typeof ACTIONS)[number] => ACTIONS.some((one) => one === action)

export const TimelineMark = Type.Object(
  {
    time: Type.String({ format: 'date-time', description: 'When it happened' }),
    kind: Type.Unsafe<(typeof MARKS)[number]>({
      ...{ type: 'string', enum: MARKS },
      description:
        'What happened. `phase_opened`: a phase without a gate before it started; `open`: a gate or the phase after it opened; the others as in the audit log',
    }),
    text: Type.Optional(Type.String({ description: 'The change, as in the audit log' })),
    phase: Type.Optional(Type.Integer({ description: 'With `phase_opened`: the number of the phase, from 1' })),
    by: Type.Optional(Type.String({ description: 'E-mail address or ID of the user; absent: no user did it' })),
  },
  { title: 'TimelineMark', description: 'Something that happened to a deployment' },
)
export type TimelineMark = Static<typeof TimelineMark>

/** The counters of a deployment that are not 0. */
export type Counted = Partial<Counters & StandingCounts & { device_count: number }>

export function toPoint(time: string, counted: Counted): TimelinePoint {
  const { device_count = 0, ...others } = counted
  const counters = { ...noCounts(), ...noStandings(), ...others }
  const { succeeded, failed, excluded } = tally(counters)
  const { noartifact, aborted, decommissioned } = counters
  const listed = DEVICE_STATUSES.reduce((sum, status) => sum + counters[status], 0)
  const in_progress = device_count - succeeded - failed - excluded
  return { time, succeeded, failed, in_progress, waiting: listed - device_count, noartifact, aborted, decommissioned }
}

/** The number of devices that have ended, whatever the result. */
export const endedAt = ({ succeeded, failed, noartifact, aborted, decommissioned }: TimelinePoint): number =>
  succeeded + failed + noartifact + aborted + decommissioned
