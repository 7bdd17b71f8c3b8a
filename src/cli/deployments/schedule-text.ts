import type { NewSchedule } from '../../deployments/rollout/schedule.ts'

type Window = NonNullable<NewSchedule['windows']>[number]
type Day = NonNullable<Window['days']>[number]
type Blackout = NonNullable<NewSchedule['blackouts']>[number]

export const WINDOW_HELP = `\
A window is when devices may be offered the update: 'sat,sun 01:00-05:00', '01:00-05:00' (every day), or
'mon-fri 22:00-04:00' (until the next day). A blackout is the days on which none is: 2026-12-20..2027-01-02, or one day:
2026-12-24.`

const DAYS: readonly Day[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']
const WINDOW = /^\s*(?:([a-z,\s-]+?)\s+)?(\d{1,2}:\d\d)\s*-\s*(\d{1,2}:\d\d)\s*$/i
const BLACKOUT = /^\s*(\d{4}-\d\d-\d\d)(?:\s*\.\.\s*(\d{4}-\d\d-\d\d))?\s*$/

/** Parses a window; throws an Error that says what is wrong with the text. */
export function readWindow(text: string): Window {
  const [, days, from = '', to = ''] = WINDOW.exec(text) ?? []
  const named = days === undefined ? undefined : daysOf(days.toLowerCase())
  if (from === '' || named?.length === 0)
    throw new Error(`"${text}" is not a window: use 'sat,sun 01:00-05:00', 'mon-fri 22:00-04:00' or '01:00-05:00'`)
  return { ...(named ? { days: named } : {}), from: from.padStart(5, '0'), to: to.padStart(5, '0') }
}

/** Without duplicates, in the order of the week; empty if a day is not known. */
function daysOf(text: string): Day[] {
  const ranges = text.split(/[,\s]+/).filter((range) => range !== '')
  const found = ranges.map((range) => {
    const [first = '', last = first, more] = range.split('-')
    const [from, to] = [DAYS.indexOf(first as Day), DAYS.indexOf(last as Day)]
    if (from < 0 || to < 0 || more !== undefined) return []
    return Array.from({ length: ((to - from + 7) % 7) + 1 }, (_, i) => DAYS[(from + i) % 7])
  })
  return found.some((days) => days.length === 0) ? [] : DAYS.filter((day) => found.flat().includes(day))
}

/** Parses a blackout; throws an Error that says what is wrong with the text. */
export function readBlackout(text: string): Blackout {
  const [, from, to = from] = BLACKOUT.exec(text) ?? []
  if (from === undefined || to === undefined)
    throw new Error(`"${text}" is not a blackout: use 2026-12-20..2027-01-02, or one day: 2026-12-24`)
  return { from, to }
}
