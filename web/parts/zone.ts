import * as times from '../../src/texts/times.ts'

/** Undefined: that of the browser. */
type Zone = 'UTC' | undefined

let shown: Zone

/** The time zone of all times that the pages show. Pages that are open must be shown again. */
export const showTimesIn = (zone: Zone): void => {
  shown = zone
}

export const shownZone = (): Zone => shown

/** The name of the zone in which times are shown. */
export const zoneName = (): string => shown ?? times.zone()

/** `23 Nov 2026, 14:00 CET`. */
export const absolute = (at: string | Date): string => times.absolute(at, shown)

/** The same in the other of the two zones, UTC and that of the browser; undefined: they are the same. */
export function inOtherZone(at: string | Date): string | undefined {
  if (times.zone() === 'UTC') return undefined
  return times.absolute(at, shown === 'UTC' ? undefined : 'UTC')
}

/** In both zones, for a tooltip. */
export const inBothZones = (at: string | Date): string =>
  [absolute(at), inOtherZone(at)].filter((text) => text !== undefined).join(' · ')

/** The text with its timestamps formatted. */
export const withTimes = (text: string): string => times.withTimes(text, shown)

/** The parts of a text, its timestamps as `tomorrow at 09:00` if they are near. */
export const splitAtDays = (text: string, now: number) => times.splitAtDays(text, now, shown)

/** The value of a field for a date and time. */
export function toField(at: string): string {
  const time = new Date(at)
  const offset_ms = shown === 'UTC' ? 0 : time.getTimezoneOffset() * 60_000
  return new Date(time.getTime() - offset_ms).toISOString().slice(0, 16)
}

/** The time of such a value, in the zone in which times are shown; undefined: it is none. */
export function fromField(value: string): string | undefined {
  const time = new Date(shown === 'UTC' ? `${value}Z` : value)
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString()
}
