type Window = { days?: readonly string[] | null | undefined; from: string; to: string }
type Blackout = { from: string; to: string }
type TimeZone = string | { scope: string; attribute: string; fallback: string }

/** The members of a deployment, or of a request for one, that say when devices may be offered the update. */
type Schedule = {
  windows?: readonly Window[] | null | undefined
  time_zone?: TimeZone | null | undefined
  blackouts?: readonly Blackout[] | null | undefined
}

const DAYS: readonly (readonly [key: string, name: string])[] = [
  ['mon', 'Monday'],
  ['tue', 'Tuesday'],
  ['wed', 'Wednesday'],
  ['thu', 'Thursday'],
  ['fri', 'Friday'],
  ['sat', 'Saturday'],
  ['sun', 'Sunday'],
]
const LIST = new Intl.ListFormat('en-GB', { type: 'conjunction' })
const DATE = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: 'UTC' })

/** `Monday to Friday`, `Saturday and Sunday`, `Every day` */
function daysText(days: readonly string[]): string {
  const positions = DAYS.flatMap(([key], i) => (days.includes(key) ? [i] : []))
  if (positions.length === DAYS.length) return 'Every day'
  const runs: number[][] = []
  for (const position of positions) {
    const run = runs.at(-1)
    if (run?.at(-1) === position - 1) run.push(position)
    else runs.push([position])
  }
  const name = (position: number | undefined) => DAYS[position ?? 0]?.[1] ?? ''
  return LIST.format(
    runs.flatMap((run) => (run.length > 2 ? [`${name(run[0])} to ${name(run.at(-1))}`] : run.map(name))),
  )
}

/** `Saturday and Sunday, 01:00 to 05:00`, `Friday, 22:00 to 05:00 the next day` */
function windowText({ days, from, to }: Window): string {
  const names = daysText(days ?? DAYS.map(([key]) => key))
  if (from === '00:00' && to === '24:00') return `${names}, all day`
  return `${names}, ${from} to ${to}${to < from ? ' the next day' : ''}`
}

/** A text that is no date, as of a field that is being filled, stays as it is. */
const dateText = (date: string) => (Number.isNaN(Date.parse(date)) ? date : DATE.format(new Date(date)))

/** `not on 24 Dec 2026`, `not from 20 Dec 2026 to 2 Jan 2027` */
function blackoutText({ from, to }: Blackout): string {
  return from === to ? `not on ${dateText(from)}` : `not from ${dateText(from)} to ${dateText(to)}`
}

/** `Europe/Berlin`, `time zone of the device (inventory/timezone), otherwise UTC` */
function timeZoneText(time_zone: TimeZone | null | undefined): string {
  if (typeof time_zone === 'string') return time_zone
  if (!time_zone) return 'UTC'
  const { scope, attribute, fallback } = time_zone
  return `time zone of the device (${scope}/${attribute}), otherwise ${fallback}`
}

/** `['Saturday and Sunday, 01:00 to 05:00', 'not on 24 Dec 2026']`; empty: at any time. */
export function scheduleTexts({ windows, blackouts }: Schedule): string[] {
  const excluded = (blackouts ?? []).map(blackoutText)
  if (windows?.length) return [...windows.map(windowText), ...excluded]
  return excluded.length > 0 ? ['At any time', ...excluded] : []
}

/** `Saturday and Sunday, 01:00 to 05:00, Europe/Berlin`; `At any time` if nothing restricts it. */
export function scheduleText(schedule: Schedule): string {
  const [first, ...others] = scheduleTexts(schedule)
  if (first === undefined) return 'At any time'
  const zone = timeZoneText(schedule.time_zone)
  if (others.length === 0) return `${first}, ${zone}`
  return [first, ...others, zone.startsWith('time zone') ? zone : `time zone ${zone}`].join('; ')
}
