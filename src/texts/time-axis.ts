const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const STEPS_MS = [
  ...[10, 30].map((seconds) => seconds * SECOND_MS),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE_MS),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR_MS),
  ...[1, 2, 7, 14, 28, 91, 182, 364].map((days) => days * DAY_MS),
]
const LONGEST_MS = 728 * DAY_MS
const MOST_TICKS = 8

/** The only zone in which charts show times beside that of this machine. */
type Zone = 'UTC' | undefined

const format = (zone: Zone, options: Intl.DateTimeFormatOptions) =>
  new Intl.DateTimeFormat('en-GB', { ...options, ...(zone && { timeZone: zone }) })

/** Round times between two times, and how they are written: `14:00`, `23 Nov 14:00` or `23 Nov`. */
export function timeAxis(from_ms: number, to_ms: number, zone?: Zone) {
  const span_ms = to_ms - from_ms
  const step_ms = STEPS_MS.find((step) => span_ms / step <= MOST_TICKS) ?? LONGEST_MS
  const clock = format(zone, {
    ...({ hour: '2-digit', minute: '2-digit' } as const),
    ...(step_ms < MINUTE_MS ? ({ second: '2-digit' } as const) : {}),
  })
  const day = format(zone, { day: 'numeric', month: 'short' })
  const write = (at: number): string => {
    if (step_ms >= DAY_MS) return day.format(at)
    return span_ms > DAY_MS ? `${day.format(at)} ${clock.format(at)}` : clock.format(at)
  }
  const ticks: number[] = []
  const first = Math.ceil((from_ms + offsetAt(from_ms, zone)) / step_ms) * step_ms
  for (let local = first; ; local += step_ms) {
    const at = local - offsetAt(local - offsetAt(from_ms, zone), zone)
    if (at > to_ms) return { ticks, write }
    ticks.push(at)
  }
}

const offsetAt = (at: number, zone: Zone): number =>
  zone === 'UTC' ? 0 : -new Date(at).getTimezoneOffset() * MINUTE_MS

const UTC_DAY = format('UTC', { day: 'numeric', month: 'short' })

/** `23 Nov`, the day in UTC. */
export const utcDay = (at: number): string => UTC_DAY.format(at)
