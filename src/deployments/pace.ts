import { type Static, Type } from 'typebox'
import { endedAt, type TimelinePoint } from './timeline.ts'

const UNKNOWN = ['finished', 'no_limit', 'scheduled', 'paused', 'held', 'no_progress'] as const

export const Pace = Type.Object(
  {
    devices_per_hour: Type.Number({
      description: 'How many devices end in an hour, as of the last hour, or since creation if that is later',
    }),
    remaining: Type.Optional(
      Type.Integer({ description: 'Devices that have not ended; absent: the deployment has no limit' }),
    ),
    earliest_end: Type.Optional(
      Type.String({
        format: 'date-time',
        description: 'If the remaining devices end as fast as in the fastest of the last 15 minutes, hour and 6 hours',
      }),
    ),
    latest_end: Type.Optional(
      Type.String({ format: 'date-time', description: 'The same, as fast as in the slowest of them' }),
    ),
    unknown: Type.Optional(
      Type.Unsafe<(typeof UNKNOWN)[number]>({
        ...{ type: 'string', enum: UNKNOWN },
        description:
          'Why the end is not estimated: it has finished, it has no limit, it has not begun, people paused it, a gate or a window holds it, or no device ended in the last hour',
      }),
    ),
  },
  { title: 'Pace', description: 'How fast devices end, and when the deployment would end' },
)
export type Pace = Static<typeof Pace>

const HOUR_MS = 60 * 60 * 1000
const WINDOWS_MS = [HOUR_MS / 4, HOUR_MS, 6 * HOUR_MS]
/** Shorter times say nothing about the rate. */
const SHORTEST_MS = 60 * 1000

export type PaceOf = {
  created: string
  status: 'scheduled' | 'pending' | 'inprogress' | 'finished'
  state: 'running' | 'held' | 'paused' | 'stopped'
  /** Of all devices; null: the deployment has no limit. */
  target: number | null
  /** When the last phase that has a start opens. */
  last_start: string | undefined
  /** In the order of time; the last one is of now. */
  points: readonly TimelinePoint[]
}

/** What the past says about the end: a range, or why there is none. */
export function paceOf({ created, status, state, target, last_start, points }: PaceOf, now: string): Pace {
  const now_ms = Date.parse(now)
  const age_ms = Math.max(now_ms - Date.parse(created), SHORTEST_MS)
  const ended = endedBy(points, now_ms)
  const rates = WINDOWS_MS.map((window) => {
    const ms = Math.min(window, age_ms)
    // Fewer have ended than before if devices that timed out go on.
    return (Math.max(ended - endedBy(points, now_ms - ms), 0) / ms) * HOUR_MS
  })
  const devices_per_hour = Math.round((rates[1] ?? 0) * 10) / 10
  const pace = { devices_per_hour, ...(target === null ? {} : { remaining: Math.max(target - ended, 0) }) }
  if (status === 'finished') return { ...pace, unknown: 'finished' }
  if (target === null) return { ...pace, unknown: 'no_limit' }
  if (status === 'scheduled') return { ...pace, unknown: 'scheduled' }
  if (state === 'paused' || state === 'held') return { ...pace, unknown: state }
  const moving = rates.filter((rate) => rate > 0)
  if (devices_per_hour === 0) return { ...pace, unknown: 'no_progress' }
  const endAt = (rate: number) => {
    const ms = now_ms + (Math.max(target - ended, 0) / rate) * HOUR_MS
    return new Date(Math.max(ms, last_start === undefined ? 0 : Date.parse(last_start))).toISOString()
  }
  return { ...pace, earliest_end: endAt(Math.max(...moving)), latest_end: endAt(Math.min(...moving)) }
}

/** The number of devices that had ended at a time. */
function endedBy(points: readonly TimelinePoint[], at_ms: number): number {
  const point = points.findLast(({ time }) => Date.parse(time) <= at_ms)
  return point ? endedAt(point) : 0
}
