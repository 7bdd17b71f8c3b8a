/** Area and location, or one word. Some versions of Node.js take offsets such as +01:00 for time zones, too. */
const NAME = /^(?!SystemV\/)[a-z][\w+-]*(?:\/[a-z][\w+-]*)*$/i
const MAX_LENGTH = 64
/** The IANA zones of three letters. ICU has more, and not as people mean them: it takes BST for the time of Dhaka. */
const THREE_LETTERS = ['CET', 'EET', 'EST', 'GMT', 'HST', 'MET', 'MST', 'PRC', 'ROC', 'ROK', 'UCT', 'UTC', 'WET']

/** Devices choose these texts, so what is kept of them is bounded. */
const MAX_TEXTS = 2000
/** A formatter takes 30 KiB of memory and 40 µs to make. */
const MAX_FORMATTERS = 100

/** Between two changes of the offset of any zone since 2010 were at least 21 days. */
const STEP_MS = 7 * 86_400_000
const MINUTE_MS = 60_000

const validity = new Map<string, boolean>()
const formatters = new Map<string, Intl.DateTimeFormat>()

/** Whether the text is the name of an IANA time zone that this Node.js knows; upper and lower case are the same. */
export function isTimeZone(text: string): boolean {
  if (text.length > MAX_LENGTH) return false
  const known = validity.get(text)
  if (known !== undefined) return known
  const is_valid =
    NAME.test(text) && (text.length !== 3 || THREE_LETTERS.includes(text.toUpperCase())) && intlKnows(text)
  return remember(validity, text, is_valid, MAX_TEXTS)
}

function intlKnows(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone })
    return true
  } catch {
    return false
  }
}

const OFFSET = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/

/** What the clocks of the zone are ahead of UTC, in milliseconds. Throws a RangeError if there is no such zone. */
export function offsetAt(zone: string, at_ms: number): number {
  const text = formatterOf(zone).format(at_ms)
  const found = OFFSET.exec(text)
  if (!found) throw new Error(`no offset in ${text}`)
  const [, sign, hours = '0', minutes = '0', seconds = '0'] = found
  const offset = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000
  return sign === '-' ? -offset : offset
}

/** The first instant after `from_ms`, until `to_ms`, at which the offset is another one; undefined: it stays. */
export function nextShift(zone: string, from_ms: number, to_ms: number): number | undefined {
  const offset = offsetAt(zone, from_ms)
  for (let at = from_ms; at < to_ms; at += STEP_MS) {
    const step_end = Math.min(at + STEP_MS, to_ms)
    if (offsetAt(zone, step_end) === offset) continue
    // Offsets change at whole minutes.
    let [same, different] = [Math.floor(at / MINUTE_MS), Math.floor(step_end / MINUTE_MS)]
    while (different - same > 1) {
      const middle = Math.floor((same + different) / 2)
      if (offsetAt(zone, middle * MINUTE_MS) === offset) same = middle
      else different = middle
    }
    return different * MINUTE_MS
  }
  return undefined
}

function formatterOf(zone: string): Intl.DateTimeFormat {
  const format = formatters.get(zone)
  if (format) return format
  const made = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' })
  return remember(formatters, zone, made, MAX_FORMATTERS)
}

function remember<Value>(cache: Map<string, Value>, key: string, value: Value, most: number): Value {
  if (cache.size >= most) cache.clear()
  cache.set(key, value)
  return value
}
