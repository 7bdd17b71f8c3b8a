import { utcDay } from '../../../src/texts/time-axis.ts'
import type { FleetTimeline } from '../../api/overview.ts'

/** `at`, and the number of devices by the name of a series. */
type Row = { at: number } & Record<string, number>
export type Adoption = {
  /** From the bottom up: the most frequent software is the first. */
  series: { name: string; label: string; color: string }[]
  rows: Row[]
  /** The last row of each day, the newest first. */
  days: Row[]
}

/** The software that is named; the rest is one series. */
const MAX_SERIES = 6
const COLORS = ['indigo.6', 'teal.5', 'orange.5', 'grape.5', 'cyan.6', 'yellow.6']
const OTHERS = 'others'
const DAY_MS = 24 * 60 * 60 * 1000

/** The devices of each point by software. */
export function adoptionOf(points: FleetTimeline['points']): Adoption {
  const most = new Map<string, number>()
  for (const point of points)
    for (const [name, count] of bySoftware(point)) most.set(name, Math.max(most.get(name) ?? 0, count))
  const named = [...most].sort(([a, m], [b, n]) => n - m || a.localeCompare(b)).slice(0, MAX_SERIES)
  const series = named.map(([label], i) => ({ name: `software_${i}`, label, color: COLORS[i] ?? 'gray.5' }))
  const rows = points.map((point): Row => {
    const counts = bySoftware(point)
    const row: Row = { at: Date.parse(point.time) }
    for (const { name, label } of series) row[name] = counts.get(label) ?? 0
    const shown = series.reduce((sum, { name }) => sum + (row[name] ?? 0), 0)
    row[OTHERS] = [...counts.values()].reduce((sum, count) => sum + count, 0) + point.others + point.unknown - shown
    return row
  })
  const has_others = rows.some((row) => (row[OTHERS] ?? 0) > 0)
  return {
    series: has_others ? [...series, { name: OTHERS, label: 'Others, or not reported', color: 'gray.5' }] : series,
    rows,
    days: [...new Map(rows.map((row) => [Math.floor(row.at / DAY_MS), row])).values()].reverse(),
  }
}

/** `seen` is undefined on a day without a count. */
export type DaySeen = { at: number; day: string; seen: number | undefined }

/** The devices that were seen on each day, as the last count of the day has them: of today, so far. */
export function seenByDay(points: FleetTimeline['points']): DaySeen[] {
  const seen = new Map(points.map(({ time, seen_today }) => [Math.floor(Date.parse(time) / DAY_MS), seen_today]))
  const [first = 0, last = -1] = [[...seen.keys()][0], [...seen.keys()].at(-1)]
  return Array.from({ length: last - first + 1 }, (_, i) => {
    const at = (first + i) * DAY_MS
    return { at, day: utcDay(at), seen: seen.get(first + i) }
  })
}

/** Of all device types together. */
function bySoftware({ software }: FleetTimeline['points'][number]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { artifact_name, count } of software) counts.set(artifact_name, (counts.get(artifact_name) ?? 0) + count)
  return counts
}
