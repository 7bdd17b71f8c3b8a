import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Opening, opening } from '../src/deployments/rollout/opening.ts'
import {
  DAYS,
  type NewSchedule,
  readSchedule,
  type Schedule,
  zoneAttribute,
  zoneOf,
} from '../src/deployments/rollout/schedule.ts'
import { isTimeZone, nextShift } from '../src/deployments/rollout/time-zone.ts'
import type { AttributeValue, Filterable } from '../src/inventory/filter.ts'
import { scheduleText, scheduleTexts } from '../src/texts/schedules.ts'
import { filterable } from './support/filterable.ts'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
const BY_ATTRIBUTE = { attribute: 'timezone', scope: 'inventory', fallback: 'America/New_York' }
const NIGHT = { from: '01:00', to: '05:00' }
const WEEKEND: NewSchedule = { windows: [{ days: ['sat', 'sun'], ...NIGHT }], time_zone: 'Europe/Berlin' }

const ms = (text: string) => Date.parse(text)
const iso = (at_ms: number) => (Number.isFinite(at_ms) ? new Date(at_ms).toISOString().slice(0, 16) : 'never')

/** `open until ...`, `closed until ...`; the schedule is read as one of a request. */
function stateOf(given: NewSchedule, zone: string, at: string): string {
  const found = opening(readSchedule(given), zone, ms(at))
  return found.is_open ? `open until ${iso(found.until_ms)}` : `closed until ${iso(found.opens_ms)}`
}

describe('reading a schedule', () => {
  test('keeps what is given, and nothing else', () => {
    const given: NewSchedule = {
      windows: [
        { days: ['sun', 'sat'], from: '01:00', to: '05:00' },
        { days: null, from: '22:30', to: '24:00' },
      ],
      time_zone: BY_ATTRIBUTE,
      blackouts: [{ from: '2026-12-20', to: '2026-12-20' }],
    }
    expect(readSchedule(given)).toEqual({
      windows: [
        { days: ['sun', 'sat'], from: '01:00', to: '05:00' },
        { from: '22:30', to: '24:00' },
      ],
      time_zone: BY_ATTRIBUTE,
      blackouts: [{ from: '2026-12-20', to: '2026-12-20' }],
    })
  })

  test('takes null and empty lists for nothing', () => {
    expect(readSchedule({})).toEqual({})
    expect(readSchedule({ windows: [], blackouts: [], time_zone: null })).toEqual({})
    expect(readSchedule({ windows: null, blackouts: null })).toEqual({})
  })

  const window = (members: object) => ({ windows: [NIGHT, { ...NIGHT, ...members }] })
  const zone = (members: object) => ({ windows: [NIGHT], time_zone: { ...BY_ATTRIBUTE, ...members } })
  const blackout = (from: string, to: string) => ({ blackouts: [{ from, to }] })

  test.each<[string, object]>([
    ['windows.1.from: must be a time from 00:00 to 23:59', window({ from: '24:00' })],
    ['windows.1.from: must be a time', window({ from: '1:00' })],
    ['windows.1.from: must be a time', window({ from: '01:60' })],
    ['windows.1.from: must be a time', window({ from: '01:00\n' })],
    ['windows.1.to: must be a time from 00:00 to 24:00', window({ to: '24:01' })],
    ['windows.1.to: must be a time', window({ to: '5 pm' })],
    ['windows.1.to: must differ from `from`', window({ from: '05:00' })],
    ['windows.1.days: must have at least one day', window({ days: [] })],
    ['windows.1.days.1: must be one of mon, tue, wed, thu, fri, sat, sun', window({ days: ['mon', 'monday'] })],
    ['windows.1.days.2: must not repeat mon', window({ days: ['mon', 'tue', 'mon'] })],
    ['time_zone: can only be used with windows or blackouts', { time_zone: 'UTC' }],
    ['time_zone: can only be used with windows or blackouts', { windows: [], time_zone: BY_ATTRIBUTE }],
    ['time_zone: must be an IANA time zone', { windows: [NIGHT], time_zone: 'Berlin' }],
    ['time_zone: must be an IANA time zone', { windows: [NIGHT], time_zone: '' }],
    ['time_zone.fallback: must be an IANA time zone', zone({ fallback: '+01:00' })],
    ['time_zone.scope: must be one of system, identity, inventory, monitor, tags', zone({ scope: 'device' })],
    ['time_zone.attribute: cannot be blank', zone({ attribute: '' })],
    ['time_zone.attribute: the length must be no more than 1024', zone({ attribute: 'x'.repeat(1025) })],
    ['blackouts.0.from: must be a date', blackout('2026-02-29', '2026-03-01')],
    ['blackouts.0.to: must be a date', blackout('2026-02-01', '2026-2-28')],
    ['blackouts.0.to: must be a date', blackout('2026-02-01', '2026-02-01T00:00:00Z')],
    ['blackouts.0.to: must not be before `from`', blackout('2026-02-02', '2026-02-01')],
  ])('rejects: %s', (text, given) => {
    expect(() => readSchedule(given as NewSchedule)).toThrow(`Validating request body: ${text}`)
    const [field] = text.split(':')
    expect(() => readSchedule(given as NewSchedule)).toThrow(
      expect.objectContaining({ status: 400, details: { field } }),
    )
  })
})

describe('time zones', () => {
  test.each([
    ...['UTC', 'GMT', 'Europe/Berlin', 'Europe/Kyiv', 'Asia/Kolkata', 'Asia/Calcutta', 'US/Eastern', 'Etc/GMT+5'],
    ...['CET', 'EST5EDT', 'Japan', 'America/Argentina/Buenos_Aires', 'America/Port-au-Prince', 'europe/berlin'],
  ])('%s is one', (name) => {
    expect(isTimeZone(name)).toBe(true)
  })

  test.each([
    ...['', '+01:00', '-0500', 'GMT+1', 'UTC+1', 'Z', 'Europe/Berlin ', 'Europe/Berlin\n', 'Europe', 'Europe/Nowhere'],
    // Names of ICU: other countries use these abbreviations for their own time.
    ...['BST', 'bst', 'IST', 'CST', 'PST', 'AST', 'SystemV/PST8', 'Etc/Unknown'],
    ...['America/'.repeat(1000), '__proto__', 'constructor'],
  ])('%j is none', (name) => {
    expect(isTimeZone(name)).toBe(false)
  })

  test('the answer stays the same after texts of very many devices', () => {
    for (let i = 0; i < 5000; i++) expect(isTimeZone(`Device/Number${i}`)).toBe(false)
    expect(isTimeZone('Europe/Berlin')).toBe(true)
  })

  const device = (inventory: Record<string, AttributeValue>, group_name: string | null = null): Filterable => ({
    ...filterable(inventory),
    group_name,
  })

  test('without a time zone it is UTC, whatever the device says', () => {
    const schedule = readSchedule({ windows: [NIGHT] })
    expect(zoneOf(schedule, device({ timezone: 'Europe/Berlin' }))).toBe('UTC')
    expect(zoneAttribute(schedule)).toBeUndefined()
    expect(zoneAttribute(readSchedule(WEEKEND))).toBeUndefined()
    expect(zoneOf(readSchedule(WEEKEND), device({}))).toBe('Europe/Berlin')
  })

  test('the attribute of a device decides, and the fallback if it has no time zone in it', () => {
    const schedule = readSchedule({ windows: [NIGHT], time_zone: BY_ATTRIBUTE })
    expect(zoneAttribute(schedule)).toEqual({ scope: 'inventory', attribute: 'timezone' })
    expect(zoneOf(schedule, device({ timezone: 'Asia/Kathmandu' }))).toBe('Asia/Kathmandu')
    for (const value of ['Mars/Olympus', '', 'BST', '+05:45', 5, ['Asia/Kathmandu'], [5]])
      expect(zoneOf(schedule, device({ timezone: value }))).toBe('America/New_York')
    expect(zoneOf(schedule, device({}))).toBe('America/New_York')
  })

  test('the attribute may be one that the server computes, such as the group', () => {
    const by_group = { attribute: 'group', scope: 'system', fallback: 'UTC' }
    const schedule = readSchedule({ windows: [NIGHT], time_zone: by_group })
    expect(zoneOf(schedule, device({}, 'Pacific/Chatham'))).toBe('Pacific/Chatham')
    expect(zoneOf(schedule, device({}, 'kitchen'))).toBe('UTC')
  })

  test('every shift of a zone is found, also two within a month', () => {
    const shifts: string[] = []
    let at: number | undefined = ms('2026-01-01T00:00:30Z')
    while (at !== undefined) {
      at = nextShift('Africa/Casablanca', at, ms('2027-12-31T00:00:00Z'))
      if (at !== undefined) shifts.push(iso(at))
    }
    // Morocco leaves its summer time during Ramadan.
    expect(shifts).toEqual(['2026-02-15T02:00', '2026-03-22T02:00', '2027-02-07T02:00', '2027-03-14T02:00'])
  })
})

describe('when devices may be offered an update', () => {
  test('always, without windows and blackouts', () => {
    expect(stateOf({}, 'UTC', '2026-06-01T00:00:00Z')).toBe('open until never')
    expect(opening({ windows: [], blackouts: [] }, 'UTC', 0)).toEqual({ is_open: true, until_ms: Infinity })
  })

  test('within windows: the first minute belongs to it, the last does not', () => {
    const states = ['00:59:59.999', '01:00:00', '04:59:59.999', '05:00:00'].map((time) =>
      stateOf({ windows: [NIGHT] }, 'UTC', `2026-06-01T${time}Z`),
    )
    expect(states).toEqual([
      'closed until 2026-06-01T01:00',
      'open until 2026-06-01T05:00',
      'open until 2026-06-01T05:00',
      'closed until 2026-06-02T01:00',
    ])
  })

  test('in the time zone of the device', () => {
    // A Saturday, 01:00 in Berlin, where it is summer.
    expect(stateOf(WEEKEND, 'Europe/Berlin', '2026-06-05T22:59:00Z')).toBe('closed until 2026-06-05T23:00')
    expect(stateOf(WEEKEND, 'Europe/Berlin', '2026-06-05T23:00:00Z')).toBe('open until 2026-06-06T03:00')
    expect(stateOf(WEEKEND, 'Asia/Kathmandu', '2026-06-05T23:00:00Z')).toBe('open until 2026-06-05T23:15')
    expect(stateOf(WEEKEND, 'Asia/Kathmandu', '2026-06-06T23:15:00Z')).toBe('closed until 2026-06-12T19:15')
  })

  test('a window over midnight belongs to the day on which it begins', () => {
    const sunday: NewSchedule = { windows: [{ days: ['sun'], from: '22:00', to: '05:00' }] }
    expect(stateOf(sunday, 'UTC', '2026-06-07T04:00:00Z')).toBe('closed until 2026-06-07T22:00')
    expect(stateOf(sunday, 'UTC', '2026-06-07T22:00:00Z')).toBe('open until 2026-06-08T05:00')
    expect(stateOf(sunday, 'UTC', '2026-06-08T04:59:00Z')).toBe('open until 2026-06-08T05:00')
    expect(stateOf(sunday, 'UTC', '2026-06-08T05:00:00Z')).toBe('closed until 2026-06-14T22:00')
  })

  test('windows that touch are one, also over the end of the week', () => {
    const windows: NewSchedule['windows'] = [
      { days: ['sun'], from: '20:00', to: '03:00' },
      { days: ['mon'], from: '01:00', to: '02:00' },
      { days: ['mon'], from: '02:30', to: '04:00' },
      { days: ['mon'], from: '04:00', to: '06:00' },
    ]
    for (const at of ['2026-06-07T20:00:00Z', '2026-06-08T00:00:00Z', '2026-06-08T02:45:00Z', '2026-06-08T05:59:00Z'])
      expect(stateOf({ windows }, 'UTC', at)).toBe('open until 2026-06-08T06:00')
    const whole: NewSchedule['windows'] = [
      { from: '06:00', to: '00:00' },
      { from: '00:00', to: '06:00' },
    ]
    expect(stateOf({ windows: whole }, 'Europe/Berlin', '2026-06-01T00:00:00Z')).toBe('open until never')
    expect(stateOf({ windows: [{ from: '00:00', to: '24:00' }] }, 'UTC', '2026-06-01T00:00:00Z')).toBe(
      'open until never',
    )
  })

  test('a window in the hour that daylight saving time leaves out does not happen that day', () => {
    const windows = [{ from: '02:15', to: '02:45' }]
    expect(stateOf({ windows }, 'Europe/Berlin', '2026-03-28T01:45:00Z')).toBe('closed until 2026-03-30T00:15')
    const longer = [{ from: '02:30', to: '03:30' }]
    expect(stateOf({ windows: longer }, 'Europe/Berlin', '2026-03-29T00:59:00Z')).toBe('closed until 2026-03-29T01:00')
    expect(stateOf({ windows: longer }, 'Europe/Berlin', '2026-03-29T01:00:00Z')).toBe('open until 2026-03-29T01:30')
  })

  test('a window in the hour that happens twice is open twice', () => {
    const windows = [{ from: '02:15', to: '02:45' }]
    const states = ['00:15', '00:45', '01:15', '01:45'].map((time) =>
      stateOf({ windows }, 'Europe/Berlin', `2026-10-25T${time}:00Z`),
    )
    expect(states).toEqual([
      'open until 2026-10-25T00:45',
      'closed until 2026-10-25T01:15',
      'open until 2026-10-25T01:45',
      'closed until 2026-10-26T01:15',
    ])
    // 02:00 to 03:00 lasts two hours without a break.
    expect(stateOf({ windows: [{ from: '02:00', to: '03:00' }] }, 'Europe/Berlin', '2026-10-25T00:30:00Z')).toBe(
      'open until 2026-10-25T02:00',
    )
  })

  test('not on the days of blackouts, the last one included', () => {
    const blackouts = [{ from: '2026-12-20', to: '2027-01-02' }]
    expect(stateOf({ blackouts }, 'Europe/Berlin', '2026-12-19T22:59:00Z')).toBe('open until 2026-12-19T23:00')
    expect(stateOf({ blackouts }, 'Europe/Berlin', '2026-12-19T23:00:00Z')).toBe('closed until 2027-01-02T23:00')
    expect(stateOf({ blackouts }, 'Europe/Berlin', '2027-01-02T23:00:00Z')).toBe('open until never')
    const night: NewSchedule = { windows: [{ from: '22:00', to: '05:00' }], blackouts }
    expect(stateOf(night, 'UTC', '2026-12-19T23:00:00Z')).toBe('open until 2026-12-20T00:00')
    // The night of a blackout goes on after it.
    expect(stateOf(night, 'UTC', '2026-12-25T23:00:00Z')).toBe('closed until 2027-01-03T00:00')
    expect(stateOf(night, 'UTC', '2027-01-03T00:00:00Z')).toBe('open until 2027-01-03T05:00')
  })

  test('the next opening is found beyond blackouts of up to two years', () => {
    const years = (to: string) => ({ ...WEEKEND, blackouts: [{ from: '2026-01-01', to }] })
    expect(stateOf(years('2027-12-31'), 'Europe/Berlin', '2026-01-01T12:00:00Z')).toBe('closed until 2028-01-01T00:00')
    expect(stateOf(years('2029-12-31'), 'Europe/Berlin', '2026-01-01T12:00:00Z')).toBe('closed until never')
  })

  test('a schedule that opens in more than two years does so, although it was asked before', () => {
    const schedule = readSchedule({ blackouts: [{ from: '2026-01-01', to: '2029-12-31' }] })
    expect(opening(schedule, 'UTC', ms('2026-01-01T00:00:00Z'))).toEqual({ is_open: false, opens_ms: Infinity })
    expect(opening(schedule, 'UTC', ms('2029-06-01T00:00:00Z'))).toEqual({
      is_open: false,
      opens_ms: ms('2030-01-01T00:00:00Z'),
    })
    expect(opening(schedule, 'UTC', ms('2030-01-01T00:00:00Z')).is_open).toBe(true)
  })

  test('the answers of each zone are its own, and a clock that goes back is followed', () => {
    const schedule = readSchedule(WEEKEND)
    const at = (zone: string, text: string) => opening(schedule, zone, ms(text)).is_open
    expect(at('Europe/Berlin', '2026-06-05T23:00:00Z')).toBe(true)
    expect(at('America/New_York', '2026-06-05T23:00:00Z')).toBe(false)
    expect(at('Europe/Berlin', '2026-06-06T03:00:00Z')).toBe(false)
    expect(at('Europe/Berlin', '2026-06-05T23:00:00Z')).toBe(true)
    expect(at('Europe/Berlin', '2026-06-05T22:59:59Z')).toBe(false)
  })
})

/** Days around which a zone moves its clocks; the last two never do. */
const SHIFTS: Record<string, string[]> = {
  'Europe/Berlin': ['2026-03-29', '2026-10-25'],
  'America/New_York': ['2026-03-08', '2026-11-01'],
  'America/St_Johns': ['2026-03-08', '2010-11-07'],
  // At midnight.
  'America/Santiago': ['2026-04-05', '2026-09-06'],
  'America/Havana': ['2026-03-08', '2026-11-01'],
  'Africa/Cairo': ['2026-04-24', '2026-10-30'],
  'Asia/Tehran': ['2022-03-22', '2022-09-22'],
  'Africa/Casablanca': ['2026-02-15', '2026-03-22'],
  // By half an hour, and by two.
  'Australia/Lord_Howe': ['2026-04-05', '2026-10-04'],
  'Antarctica/Troll': ['2026-03-29', '2026-10-25'],
  'Pacific/Chatham': ['2026-04-05', '2026-09-27'],
  // It left out 30 December 2011.
  'Pacific/Apia': ['2011-12-30', '2021-04-04'],
  'Asia/Kathmandu': ['2026-03-29'],
  UTC: ['2026-03-29'],
}
const WITHOUT_SHIFTS = ['Asia/Kathmandu', 'UTC']

type Minute = { date: string; time: string; day: number }
/** Each minute of a zone for three days before and four after, as Intl writes it. */
type Stretch = { zone: string; start_ms: number; minutes: Minute[] }

function stretchOf(zone: string, date: string): Stretch {
  const format = new Intl.DateTimeFormat('en-CA', {
    ...{ timeZone: zone, hourCycle: 'h23', weekday: 'short' },
    ...{ year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' },
  })
  const start_ms = ms(`${date}T00:00:00Z`) - 3 * DAY_MS
  const minutes = Array.from({ length: 7 * 1440 }, (_, i) => {
    const { year, month, day, hour, minute, weekday } = Object.fromEntries(
      format.formatToParts(start_ms + i * MINUTE_MS).map(({ type, value }) => [type, value]),
    )
    return {
      date: `${year}-${month}-${day}`,
      time: `${hour}:${minute}`,
      day: DAYS.indexOf(weekday?.toLowerCase() as (typeof DAYS)[number]),
    }
  })
  return { zone, start_ms, minutes }
}

const STRETCHES = Object.entries(SHIFTS).flatMap(([zone, dates]) => dates.map((date) => stretchOf(zone, date)))

test('each of the tested stretches has a shift, except in zones without daylight saving time', () => {
  for (const { zone, start_ms } of STRETCHES) {
    const shift = nextShift(zone, start_ms, start_ms + 7 * DAY_MS)
    expect(shift !== undefined, `${zone} ${iso(start_ms)}`).toBe(!WITHOUT_SHIFTS.includes(zone))
  }
})

/** The rule as the documentation has it, for one minute. */
function isOpenIn({ windows, blackouts = [] }: Schedule, { date, time, day }: Minute): boolean {
  if (blackouts.some(({ from, to }) => from <= date && date <= to)) return false
  if (!windows) return true
  return windows.some(({ days = DAYS, from, to }) => {
    const begins = (on: number) => (days as readonly string[]).includes(DAYS[(on + 7) % 7] as string)
    if (from < to) return begins(day) && from <= time && time < to
    return (begins(day) && from <= time) || (begins(day - 1) && time < to)
  })
}

const two = (number: number) => String(number).padStart(2, '0')
/** Small hours often, in which clocks are moved, and minutes close to the hour. */
const hours = fc.oneof(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 23 }))
const times = fc
  .tuple(hours, fc.oneof(fc.constantFrom(0, 1, 30, 59), fc.integer({ min: 0, max: 59 })))
  .map(([hour, minute]) => `${two(hour)}:${two(minute)}`)
const windows = fc.record(
  {
    days: fc.uniqueArray(fc.constantFrom(...DAYS), { minLength: 1 }),
    from: times,
    to: fc.oneof(times, fc.constant('24:00')),
  },
  { requiredKeys: ['from', 'to'] },
)
const cases = fc.constantFrom(...STRETCHES).chain((stretch) => {
  const dates = [...new Set(stretch.minutes.map(({ date }) => date))]
  const blackouts = fc
    .tuple(fc.constantFrom(...dates), fc.constantFrom(...dates))
    .map((pair) => pair.sort())
    .map(([from = '', to = '']) => ({ from, to }))
  const given = fc.record({
    windows: fc.array(
      windows.filter(({ from, to }) => from !== to),
      { maxLength: 4 },
    ),
    blackouts: fc.array(blackouts, { maxLength: 2 }),
  })
  return fc.record({ stretch: fc.constant(stretch), given })
})

const changeOf = (found: Opening) => (found.is_open ? found.until_ms : found.opens_ms)

test('every answer agrees with a check minute by minute, in many zones around the shifts of their clocks', () => {
  fc.assert(
    fc.property(cases, fc.nat(59_999), ({ stretch: { zone, start_ms, minutes }, given }, rest_ms) => {
      const schedule = readSchedule(given as NewSchedule)
      const states = minutes.map((minute) => isOpenIn(schedule, minute))
      const end_ms = start_ms + states.length * MINUTE_MS
      let at = 0
      while (at < states.length) {
        const found = opening(schedule, zone, start_ms + at * MINUTE_MS + rest_ms)
        const length = states.slice(at).findIndex((is_open) => is_open !== states[at])
        expect(found.is_open).toBe(states[at])
        if (length < 0) {
          expect(changeOf(found)).toBeGreaterThanOrEqual(end_ms)
          return
        }
        expect(iso(changeOf(found))).toBe(iso(start_ms + (at + length) * MINUTE_MS))
        expect(changeOf(found) % MINUTE_MS).toBe(0)
        at += length
      }
    }),
    { numRuns: 1200 },
  )
})

test('an answer does not depend on what was asked before', () => {
  const instants = fc.array(fc.nat(7 * 1440 - 1), { minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(cases, instants, ({ stretch: { zone, start_ms, minutes }, given }, order) => {
      const schedule = readSchedule(given as NewSchedule)
      for (const i of order) {
        const found = opening(schedule, zone, start_ms + i * MINUTE_MS)
        expect(found.is_open).toBe(isOpenIn(schedule, minutes[i] as Minute))
        expect(found).toEqual(opening({ ...schedule }, zone, start_ms + i * MINUTE_MS))
      }
    }),
    { numRuns: 100 },
  )
})

describe('schedules in words', () => {
  test.each<[string, Schedule]>([
    ['At any time', {}],
    ['Saturday and Sunday, 01:00 to 05:00, Europe/Berlin', readSchedule(WEEKEND)],
    ['Every day, 01:00 to 05:00, UTC', { windows: [NIGHT] }],
    ['Every day, all day, UTC', { windows: [{ days: [...DAYS], from: '00:00', to: '24:00' }] }],
    [
      'Monday to Friday, 22:00 to 05:00 the next day, UTC',
      { windows: [{ days: ['fri', 'mon', 'tue', 'wed', 'thu'], from: '22:00', to: '05:00' }] },
    ],
    [
      'Monday, Wednesday to Friday and Sunday, 22:00 to 24:00, UTC',
      { windows: [{ days: ['sun', 'mon', 'wed', 'thu', 'fri'], from: '22:00', to: '24:00' }] },
    ],
    [
      'Every day, 01:00 to 05:00, time zone of the device (inventory/timezone), otherwise America/New_York',
      { windows: [NIGHT], time_zone: BY_ATTRIBUTE },
    ],
    [
      'Saturday, 01:00 to 05:00; Sunday, 02:00 to 04:00; not from 20 Dec 2026 to 2 Jan 2027; time zone Europe/Berlin',
      {
        windows: [
          { days: ['sat'], ...NIGHT },
          { days: ['sun'], from: '02:00', to: '04:00' },
        ],
        time_zone: 'Europe/Berlin',
        blackouts: [{ from: '2026-12-20', to: '2027-01-02' }],
      },
    ],
    [
      'At any time; not on 24 Dec 2026; time zone of the device (inventory/timezone), otherwise America/New_York',
      { time_zone: BY_ATTRIBUTE, blackouts: [{ from: '2026-12-24', to: '2026-12-24' }] },
    ],
  ])('%s', (text, schedule) => {
    expect(scheduleText(schedule)).toBe(text)
  })

  test('as a list, with a line for each window and each blackout', () => {
    const blackouts = [{ from: '2026-12-24', to: '2026-12-26' }]
    expect(scheduleTexts({ windows: null, blackouts: null })).toEqual([])
    expect(scheduleTexts({ ...WEEKEND, blackouts })).toEqual([
      'Saturday and Sunday, 01:00 to 05:00',
      'not from 24 Dec 2026 to 26 Dec 2026',
    ])
  })

  test('of a form that is not filled yet', () => {
    expect(scheduleTexts({ blackouts: [{ from: '2026-12-24', to: '' }] })).toEqual([
      'At any time',
      'not from 24 Dec 2026 to ',
    ])
  })
})
