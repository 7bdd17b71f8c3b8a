/** In the order of the week. */
export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
export type Day = (typeof DAYS)[number]

type Window = { days?: Day[]; from: string; to: string }
type Blackout = { from: string; to: string }

/** From, until but excluding, in milliseconds. */
type Span = readonly [from: number, to: number]

/**
 * A schedule by the clock on the wall, whose times are written as if they were UTC: its weekly windows since Monday
 * 00:00, the last of which may reach into the next week (undefined: at any time), and its blackouts. Spans are in order
 * and do not touch.
 */
export type Plan = { week: readonly Span[] | undefined; blackouts: readonly Span[] }

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
const WEEK_MS = 7 * DAY_MS
/** A Monday. */
const FIRST_MONDAY_MS = Date.UTC(1970, 0, 5)
/** How far changes are looked for: two years. */
export const HORIZON_MS = 731 * DAY_MS

/** Whether it is open when the clock shows this. */
export const isOpenOnWall = ({ week, blackouts }: Plan, wall: number): boolean =>
  spanAround(blackouts, wall) === undefined && (week === undefined || windowEnd(week, wall) !== undefined)

/** What the clock shows when that changes next, if nobody moves the clock; Infinity, or after the horizon: not at all. */
export function nextChangeOnWall(plan: Plan, wall: number): number {
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

export const planOf = ({ windows, blackouts }: { windows?: Window[]; blackouts?: Blackout[] }): Plan => ({
  week: windows?.length ? weekOf(windows) : undefined,
  blackouts: merge((blackouts ?? []).map(spanOf)),
})

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
