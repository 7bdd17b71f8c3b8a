import { invalidField } from '../errors.ts'

const DATE_TIME = /^(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(\.\d{1,9})?(?:[Zz]|([+-])(\d\d):?(\d\d))$/

/**
 * Parses RFC 3339, and offsets without a colon (`+0000`) as some clients write them. Returns UTC in whole milliseconds,
 * truncated. Throws if the text is no date-time, or if its offset could move it out of the years 1 to 9999.
 */
export function readDateTime(field: string, text: string): string {
  const [, day, time, fraction = '.000', sign, hours = '00', minutes = '00'] = DATE_TIME.exec(text) ?? []
  const wall = new Date(`${day}T${time}${fraction.padEnd(4, '0').slice(0, 4)}Z`)
  // A day that does not exist (30 February) would roll over into the next month.
  if (
    Number.isNaN(wall.getTime()) ||
    wall.toISOString().slice(0, 10) !== day ||
    day < '0001-01-02' ||
    day > '9999-12-30' ||
    Number(hours) > 23 ||
    Number(minutes) > 59
  )
    throw invalidField(field, 'must be a date-time such as 2030-01-31T12:00:00Z')
  const offset = (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000
  return new Date(wall.getTime() - offset).toISOString()
}
