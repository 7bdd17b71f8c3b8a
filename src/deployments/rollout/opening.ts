import type { Filterable } from '../../inventory/filter.ts'
import { type Blackout, DAYS, type Schedule, type Window, zoneOf } from './schedule.ts'
import { nextShift, offsetAt } from './time-zone.ts'

/** Infinity: not within two years. */
export type Opening =
  | { readonly is_open: true; readonly until_ms: number }
  | { readonly is_open: false; readonly opens_ms: number }

/** From, until but excluding, in milliseconds. */
type Span = readonly [from: number, to: number]

/**
 * A schedule by the clock on the wall, whose times are written as if they were UTC: its weekly windows since Monday
 * 00:00, the last of which may reach into the next week (undefined: at any time), and its blackouts. Spans are in order
 * and do not touch.
 */
type Plan = { week: readonly Span[] | undefined; blackouts: readonly Span[]; known: Map<string, Known> }
type Known = { since_ms: number; until_ms: number; opening: Opening }

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
const WEEK_MS = 7 * DAY_MS
const HORIZON_MS = 731 * DAY_MS
/** A Monday. */
const FIRST_MONDAY_MS = Date.UTC(1970, 0, 5)
/** Time zones of one schedule. */
const MAX_ZONES = 1000

const ALWAYS: Opening = { is_open: true, until_ms: Number.POSITIVE_INFINITY }

const plans = new WeakMap<Schedule, Plan>()

/**
 * Whether devices of the time zone may be offered the update, and when that changes, which is at a whole minute. The
 * schedule must not be modified: its plan is kept.
 */
export function opening(schedule: Schedule, zone: string, now_ms: number): Opening {
  if (!schedule.windows && !schedule.blackouts) return ALWAYS
  const plan = planOf(schedule)
  const known = plan.known.get(zone)
  if (known && now_ms >= known.since_ms && now_ms < known.until_ms) return known.opening
  const found = findOpening(plan, zone, now_ms)
  if (plan.known.size >= MAX_ZONES) plan.known.clear()
  plan.known.set(zone, found)
  return found.opening
}

function findOpening(plan: Plan, zone: string, now_ms: number): Known {
  const horizon_ms = now_ms + HORIZON_MS
  const is_open = isOpenOnWall(plan, now_ms + offsetAt(zone, now_ms))
  const change_ms = nextChange(plan, zone, { now_ms, horizon_ms, is_open })
  return {
    since_ms: now_ms,
    until_ms: Math.min(change_ms, horizon_ms),
    opening: is_open ? { is_open, until_ms: change_ms } : { is_open, opens_ms: change_ms },
  }
}

type Search = { now_ms: number; horizon_ms: number; is_open: boolean }

/** As long as the offset of the zone stays, the clock on the wall decides; after each shift it is read again. */
function nextChange(plan: Plan, zone: string, { now_ms, horizon_ms, is_open }: Search): number {
  let at = now_ms
  for (;;) {
    const offset = offsetAt(zone, at)
    const change = nextChangeOnWall(plan, at + offset) - offset
    const shift = nextShift(zone, at, Math.min(change, horizon_ms))
    if (shift === undefined) return change <= horizon_ms ? change : Number.POSITIVE_INFINITY
    at = shift
    if (isOpenOnWall(plan, at + offsetAt(zone, at)) !== is_open) return at
  }
}

const isOpenOnWall = ({ week, blackouts }: Plan, wall: number): boolean =>
  spanAround(blackouts, wall) === undefined && (week === undefined || windowEnd(week, wall) !== undefined)

function nextChangeOnWall(plan: Plan, wall: number): number {
  const { week, blackouts } = plan
  if (isOpenOnWall(plan, wall)) {
    const [blackout_start = Number.POSITIVE_INFINITY] = blackouts.find(([from]) => from > wall) ?? []
    return Math.min(blackout_start, (week && windowEnd(week, wall)) ?? Number.POSITIVE_INFINITY)
  }
  let at = wall
  while (at - wall <= HORIZON_MS && !isOpenOnWall(plan, at)) {
    const blackout = spanAround(blackouts, at)
    // Closed without a blackout: there are windows.
    at = blackout ? blackout[1] : windowStart(week ?? [], at)
  }
  return at
}

const spanAround = (spans: readonly Span[], at: number) => spans.find(([from, to]) => from <= at && at < to)

const sinceMonday = (wall: number) => (((wall - FIRST_MONDAY_MS) % WEEK_MS) + WEEK_MS) % WEEK_MS

/** The end of the window that is open; undefined: none is. */
function windowEnd(week: readonly Span[], wall: number): number | undefined {
  const since = sinceMonday(wall)
  for (const position of [since, since + WEEK_MS]) {
    const span = spanAround(week, position)
    if (span) return wall - position + span[1]
  }
  return undefined
}

function windowStart(week: readonly Span[], wall: number): number {
  const since = sinceMonday(wall)
  const [first = Number.POSITIVE_INFINITY] = week[0] ?? []
  const [from] = week.find(([from]) => from > since) ?? [first + WEEK_MS]
  return wall - since + from
}

function planOf(schedule: Schedule): Plan {
  const plan = plans.get(schedule)
  if (plan) return plan
  const { windows, blackouts = [] } = schedule
  const made = {
    week: windows?.length ? weekOf(windows) : undefined,
    blackouts: merge(blackouts.map(spanOf)),
    known: new Map(),
  }
  plans.set(schedule, made)
  return made
}

const spanOf = ({ from, to }: Blackout): Span => [Date.parse(from), Date.parse(to) + DAY_MS]

function weekOf(windows: readonly Window[]): Span[] | undefined {
  const spans = merge(windows.flatMap(spansOf))
  const [first, ...others] = spans
  const last = others.at(-1)
  if (first && first[0] === 0 && first[1] === WEEK_MS) return undefined
  if (!first || !last || first[0] > 0 || last[1] < WEEK_MS) return spans
  return [...others.slice(0, -1), [last[0], WEEK_MS + first[1]]]
}

/** Within one week: what reaches into the next one is at the beginning of this one, too. */
function spansOf({ days = [...DAYS], from, to }: Window): Span[] {
  const [start, end] = [minutes(from), minutes(to)]
  return days.flatMap((day) => {
    const midnight = DAYS.indexOf(day) * DAY_MS
    const until = midnight + end + (end < start ? DAY_MS : 0)
    const next_week: Span[] = until > WEEK_MS ? [[0, until - WEEK_MS]] : []
    return [[midnight + start, Math.min(until, WEEK_MS)], ...next_week]
  })
}

const minutes = (time: string) => (Number(time.slice(0, 2)) * 60 + Number(time.slice(3))) * MINUTE_MS

function merge(spans: readonly Span[]): Span[] {
  const merged: Span[] = []
  for (const span of spans.toSorted(([a], [b]) => a - b)) {
    const last = merged.at(-1)
    if (last && span[0] <= last[1]) merged[merged.length - 1] = [last[0], Math.max(last[1], span[1])]
    else merged.push(span)
  }
  return merged
}

/** When the window of a device opens, in milliseconds; undefined: the device may be offered the update now. */
export function closedUntil(rules: Schedule | null, device: Filterable, now_ms: number): number | undefined {
  if (!rules?.windows && !rules?.blackouts) return undefined
  const now = opening(rules, zoneOf(rules, device), now_ms)
  return now.is_open ? undefined : now.opens_ms
}
