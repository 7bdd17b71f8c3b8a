import { describe, expect, test } from 'vitest'
import { paceText } from '../src/texts/pace.ts'
import { upcomingBetween } from '../src/texts/times.ts'

const NOW = Date.parse('2026-12-01T12:00:00Z')
const HOUR_MS = 3_600_000
const hoursAhead = (hours: number) => new Date(NOW + hours * HOUR_MS).toISOString()

describe('the end of a rollout', () => {
  test.each([
    [0.01, 0.05, 'within 3 minutes'],
    [-1, 0, 'within 1 minute'],
    [0.5, 1.2, 'in 30 to 72 minutes'],
    [0.5, 3, 'within 3 hours'],
    [6.2, 8.5, 'in 6 to 9 hours'],
    [20, 31, 'in 20 to 31 hours'],
    [20, 50, 'within 3 days'],
    [48, 49, 'in 2 to 3 days'],
    [48, 72, 'in 2 to 3 days'],
    [24 * 40, 24 * 89.5, 'in 40 to 90 days'],
    [24 * 60, 24 * 120, 'in 2 to 4 months'],
    [24, 24 * 10_000, 'in over 2 years'],
  ])('in %d to %d hours is one text with one unit', (earliest, latest, text) => {
    expect(upcomingBetween(hoursAhead(earliest), hoursAhead(latest), NOW)).toBe(text)
  })

  test('is told with the pace that it follows from', () => {
    const pace = { devices_per_hour: 120.4, remaining: 1000, earliest_end: hoursAhead(8), latest_end: hoursAhead(9) }
    expect(paceText(pace, NOW)).toBe(
      '120 devices an hour, 1,000 remain. At the pace of the last hours it ends in 8 to 9 hours.',
    )
    expect(paceText({ devices_per_hour: 1, remaining: 1, unknown: 'paused' }, NOW)).toBe(
      '1 device an hour, 1 remains. The end depends on when it is resumed.',
    )
  })
})
