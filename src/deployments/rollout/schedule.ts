import { type Static, Type } from 'typebox'
import { invalidField } from '../../errors.ts'
import { attributeValue, type Filterable, SCOPES, type Term } from '../../inventory/filter.ts'
import { orNull } from './members.ts'
import { isTimeZone } from './time-zone.ts'

/** In the order of the week. */
export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
type Day = (typeof DAYS)[number]

const DEFAULT_ZONE = 'UTC'
const MAX_NAME_LENGTH = 1024

const Days = Type.Array(Type.Unsafe<Day>({ type: 'string', enum: DAYS }))
const BEGINS = 'Days on which it begins; absent: every day'
const TIMES = {
  from: Type.String({ description: 'Local time at which it begins, from 00:00 to 23:59' }),
  to: Type.String({ description: 'Local time at which it ends, up to 24:00; before `from`: on the next day' }),
}
const WINDOW = 'A part of each day in which devices may be offered the update'

export const NewWindow = Type.Object(
  { days: orNull(BEGINS, Days), ...TIMES },
  { title: 'NewWindow', description: WINDOW },
)
export const Window = Type.Object(
  { days: Type.Optional(Type.Array(Days.items, { description: BEGINS })), ...TIMES },
  { title: 'Window', description: WINDOW },
)
export type Window = Static<typeof Window>

const Blackout = Type.Object(
  {
    from: Type.String({ description: 'First day, as 2026-12-20' }),
    to: Type.String({ description: 'Last day, as 2027-01-02' }),
  },
  { title: 'Blackout', description: 'Days on which no device is offered the update' },
)
export type Blackout = Static<typeof Blackout>

const ZoneAttribute = Type.Object(
  {
    attribute: Type.String({ description: 'Name of the attribute that has the time zone of the device' }),
    scope: Type.String({ description: `Scope of the attribute: one of ${SCOPES.join(', ')}` }),
    fallback: Type.String({ description: 'Time zone of devices without the attribute, or with another text in it' }),
  },
  { title: 'ZoneAttribute', description: 'The attribute of devices that has their time zone' },
)

// The object comes first: the validator reports the errors of the first kind, and so those of its members.
export const TimeZone = Type.Union([ZoneAttribute, Type.String()], {
  description:
    'IANA time zone of windows and blackouts, as Europe/Berlin; or the attribute of devices that has it; by default UTC',
})
export type TimeZone = Static<typeof TimeZone>

/** The members of a request that say when devices may be offered the update. */
export const NewSchedule = Type.Object({
  windows: orNull('When devices may be offered the update; none: at any time', Type.Array(NewWindow, { maxItems: 50 })),
  time_zone: orNull('Time zone of windows and blackouts', TimeZone),
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
export function readSchedule(given: NewSchedule): Schedule {
  const windows = readWindows('windows', given.windows ?? [])
  const blackouts = (given.blackouts ?? []).map((blackout, i) => readBlackout(`blackouts.${i}`, blackout))
  const time_zone = given.time_zone ?? undefined
  if (time_zone !== undefined && windows.length === 0 && blackouts.length === 0)
    throw invalidField('time_zone', 'can only be used with windows or blackouts')
  return {
    ...(windows.length > 0 ? { windows } : {}),
    ...(time_zone === undefined ? {} : { time_zone: readTimeZone('time_zone', time_zone) }),
    ...(blackouts.length > 0 ? { blackouts } : {}),
  }
}

const TIME = /^(?:[01]\d|2[0-3]):[0-5]\d$/

export const readWindows = (field: string, windows: readonly Static<typeof NewWindow>[]): Window[] =>
  windows.map((window, i) => readWindow(`${field}.${i}`, window))

function readWindow(field: string, { days, from, to }: Static<typeof NewWindow>): Window {
  if (!TIME.test(from)) throw invalidField(`${field}.from`, 'must be a time from 00:00 to 23:59')
  if (!TIME.test(to) && to !== '24:00') throw invalidField(`${field}.to`, 'must be a time from 00:00 to 24:00')
  if (from === to) throw invalidField(`${field}.to`, 'must differ from `from`: 00:00 to 24:00 is the whole day')
  return { ...(days ? { days: readDays(`${field}.days`, days) } : {}), from, to }
}

function readDays(field: string, days: readonly Day[]): Day[] {
  if (days.length === 0) throw invalidField(field, 'must have at least one day: without `days` it is every day')
  days.forEach((day, i) => {
    if (!DAYS.includes(day)) throw invalidField(`${field}.${i}`, `must be one of ${DAYS.join(', ')}`)
    if (days.indexOf(day) < i) throw invalidField(`${field}.${i}`, `must not repeat ${day}`)
  })
  return [...days]
}

function readBlackout(field: string, { from, to }: Blackout): Blackout {
  for (const [member, date] of Object.entries({ from, to }))
    if (!isDate(date)) throw invalidField(`${field}.${member}`, 'must be a date such as 2026-12-20')
  if (to < from) throw invalidField(`${field}.to`, 'must not be before `from`')
  return { from, to }
}

function isDate(text: string): boolean {
  const date = new Date(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : Number.NaN)
  // A day that does not exist (30 February) would roll over into the next month.
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text)
}

export function readTimeZone(field: string, given: TimeZone): TimeZone {
  if (typeof given === 'string') return requireTimeZone(field, given)
  const { attribute, scope, fallback } = given
  if (!(SCOPES as readonly string[]).includes(scope))
    throw invalidField(`${field}.scope`, `must be one of ${SCOPES.join(', ')}`)
  if (attribute === '') throw invalidField(`${field}.attribute`, 'cannot be blank')
  if (attribute.length > MAX_NAME_LENGTH)
    throw invalidField(`${field}.attribute`, `the length must be no more than ${MAX_NAME_LENGTH}`)
  return { attribute, scope, fallback: requireTimeZone(`${field}.fallback`, fallback) }
}

function requireTimeZone(field: string, text: string): string {
  if (isTimeZone(text)) return text
  throw invalidField(field, 'must be an IANA time zone such as Europe/Berlin, or UTC')
}

/** The attribute that `zoneOf` reads; undefined: it reads none. */
export function zoneAttribute({ time_zone }: Schedule): Pick<Term, 'scope' | 'attribute'> | undefined {
  if (time_zone === undefined || typeof time_zone === 'string') return undefined
  return { scope: time_zone.scope, attribute: time_zone.attribute }
}

/** The time zone in which the windows and blackouts of a device are judged. */
export function zoneOf({ time_zone = DEFAULT_ZONE }: Schedule, device: Filterable): string {
  if (typeof time_zone === 'string') return time_zone
  const value = attributeValue(device, time_zone.scope, time_zone.attribute)
  return typeof value === 'string' && isTimeZone(value) ? value : time_zone.fallback
}
