import { type Static, Type } from 'typebox'
import { orNull } from './members.ts'

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const

const Window = Type.Object(
  {
    days: Type.Optional(
      Type.Array(Type.Unsafe<(typeof DAYS)[number]>({ type: 'string', enum: DAYS }), {
        description: 'Days on which it begins; absent: every day',
      }),
    ),
    from: Type.String({ description: 'Local time at which it begins, as 01:00' }),
    to: Type.String({ description: 'Local time at which it ends, as 05:00; not after `from`: on the next day' }),
  },
  { title: 'Window', description: 'A part of each day in which devices may be offered the update' },
)

const Blackout = Type.Object(
  {
    from: Type.String({ description: 'First day, as 2026-12-20' }),
    to: Type.String({ description: 'Last day, as 2027-01-02' }),
  },
  { title: 'Blackout', description: 'Days on which no device is offered the update' },
)

const ZoneAttribute = Type.Object(
  {
    attribute: Type.String({ description: 'Name of the attribute that has the time zone of the device' }),
    scope: Type.String({ description: 'Scope of the attribute' }),
    fallback: Type.String({ description: 'Time zone of devices without the attribute, or with another text in it' }),
  },
  { title: 'ZoneAttribute', description: 'The attribute of devices that has their time zone' },
)

const TimeZone = Type.Union([Type.String(), ZoneAttribute], {
  description:
    'Time zone of windows and blackouts, as Europe/Berlin; or the attribute of devices that has it; by default UTC',
})

/** The members of a request that say when devices may be offered the update. */
export const NewSchedule = Type.Object({
  windows: orNull('When devices may be offered the update; none: at any time', Type.Array(Window, { maxItems: 50 })),
  time_zone: Type.Optional(Type.Union([TimeZone, Type.Null()], { description: 'Time zone of windows and blackouts' })),
  blackouts: orNull('Days on which no device is offered the update', Type.Array(Blackout, { maxItems: 100 })),
})
export type NewSchedule = Static<typeof NewSchedule>

export const Schedule = Type.Object({
  windows: Type.Optional(Type.Array(Window, { description: 'When devices may be offered the update' })),
  time_zone: Type.Optional(TimeZone),
  blackouts: Type.Optional(Type.Array(Blackout, { description: 'Days on which no device is offered the update' })),
})
export type Schedule = Static<typeof Schedule>

/** Reads the schedule of a request. Empty: devices may be offered the update at any time. */
export function readSchedule(_given: NewSchedule): Schedule {
  return {}
}

export function zoneAttribute(_schedule: Schedule | null): { scope: string; attribute: string } | undefined {
  return undefined
}
export const zoneOf = (_schedule: Schedule, _device: unknown): string => 'UTC'
export function opening(
  _schedule: Schedule,
  _zone: string,
  _now_ms: number,
): { is_open: true; until_ms: number } | { is_open: false; opens_ms: number } {
  return { is_open: true, until_ms: 0 }
}
