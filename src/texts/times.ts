import { counted, whole } from './numbers.ts'

const RELATIVE = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })
const UNITS = [
  ['second', 60],
  ['minute', 60],
  ['hour', 24],
  ['day', 30],
  ['month', 12],
  ['year', Number.POSITIVE_INFINITY],
] as const

/** `3 minutes ago`, `in 2 hours`; within five seconds, `just now`. */
export function relative(at: string | Date, now: number): string {
  let amount = Math.round((new Date(at).getTime() - now) / 1000)
  if (Math.abs(amount) < 5) return 'just now'
  for (const [unit, size] of UNITS) {
    if (Math.abs(amount) < size) return RELATIVE.format(amount, unit)
    amount = Math.round(amount / size)
  }
  return ''
}

/** `relative` for a time that is still to come: `in 2 hours`, or `in a moment`. */
export function upcoming(at: string | Date, now: number): string {
  const text = relative(at, now)
  return text === 'just now' ? 'in a moment' : text
}

/** Each with its length in milliseconds, and how far it counts: `in 30 to 40 hours`, but `in 2 to 3 days`. */
const SPANS = [
  ['minute', 60_000, 90],
  ['hour', 3_600_000, 48],
  ['day', 86_400_000, 90],
  ['month', 30 * 86_400_000, 24],
] as const

/** Two times to come in one unit: `in 6 to 9 hours`, `within 3 minutes`, `in over 2 years`. */
export function upcomingBetween(earliest: string, latest: string, now: number): string {
  const [least_ms, most_ms] = [Date.parse(earliest) - now, Date.parse(latest) - now]
  const span = SPANS.find(([, size, most]) => most_ms <= most * size)
  if (!span) return 'in over 2 years'
  const [unit, size] = span
  const [least, most] = [Math.floor(least_ms / size), Math.max(1, Math.ceil(most_ms / size))]
  if (least < 1) return `within ${counted(most, unit)}`
  return least === most ? `in ${counted(most, unit)}` : `in ${whole(least)} to ${counted(most, unit)}`
}

const FORMATS = new Map<string | undefined, Intl.DateTimeFormat>()

function formatIn(timeZone: string | undefined): Intl.DateTimeFormat {
  const cached = FORMATS.get(timeZone)
  if (cached) return cached
  const format = new Intl.DateTimeFormat('en-GB', {
    ...({ year: 'numeric', month: 'short', day: 'numeric' } as const),
    ...({ hour: '2-digit', minute: '2-digit', timeZoneName: 'short' } as const),
    ...(timeZone === undefined ? {} : { timeZone }),
  })
  FORMATS.set(timeZone, format)
  return format
}

/** `23 Nov 2026, 14:00 CET`, by default in the time zone of this machine. */
export const absolute = (at: string | Date, timeZone?: string): string => formatIn(timeZone).format(new Date(at))

const TIMESTAMP = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g

/** The text with its timestamps formatted by `absolute`. */
export const withTimes = (text: string, timeZone?: string): string =>
  text.replace(TIMESTAMP, (at) => absolute(at, timeZone))

/** The text before, between and after its timestamps, and the timestamps: each second part is one. */
export const splitAtTimes = (text: string): string[] => text.split(new RegExp(`(${TIMESTAMP.source})`))

const DAY_MS = 24 * 60 * 60 * 1000

const dayOf = (at: number, timeZone: string | undefined) =>
  new Intl.DateTimeFormat('en-CA', { dateStyle: 'short', ...(timeZone !== undefined && { timeZone }) }).format(at)

const clockOf = (at: string, timeZone: string | undefined) =>
  new Intl.DateTimeFormat('en-GB', { timeStyle: 'short', ...(timeZone !== undefined && { timeZone }) }).format(
    new Date(at),
  )

/**
 * The text in parts. Those with `at` are its timestamps, as `tomorrow at 09:00`, or by `absolute` if they are more than
 * a day away.
 */
export function splitAtDays(text: string, now: number, timeZone?: string): { text: string; at?: string }[] {
  const days = [
    [now, 'today'],
    [now + DAY_MS, 'tomorrow'],
    [now - DAY_MS, 'yesterday'],
  ] as const
  return text.split(AT_TIMESTAMP).map((part, i) => {
    if (i % 2 === 0) return { text: part }
    const at = part.replace(/^at /, '')
    const day = days.find(([one]) => dayOf(one, timeZone) === dayOf(Date.parse(at), timeZone))?.[1]
    if (day) return { text: `${day} at ${clockOf(at, timeZone)}`, at }
    return { text: `${at === part ? '' : 'on '}${absolute(at, timeZone)}`, at }
  })
}

const AT_TIMESTAMP = new RegExp(`((?:\\bat )?${TIMESTAMP.source})`)

/** The time zone of this machine. */
export const zone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone

/** All time zones, `UTC` first. */
export const zones = (): string[] => ['UTC', ...Intl.supportedValuesOf('timeZone').filter((name) => name !== 'UTC')]
