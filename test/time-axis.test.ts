import { expect, test } from 'vitest'
import { labelsOf } from '../src/texts/mark-labels.ts'
import { timeAxis } from '../src/texts/time-axis.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const FROM = Date.parse('2026-11-23T10:07:13.000Z')

const axis = (span_ms: number) => {
  const { ticks, write } = timeAxis(FROM, FROM + span_ms, 'UTC')
  return ticks.map(write)
}

test('the times of an axis are round, and few', () => {
  expect(axis(MINUTE_MS)).toEqual(['10:07:20', '10:07:30', '10:07:40', '10:07:50', '10:08:00', '10:08:10'])
  expect(axis(7 * MINUTE_MS)).toEqual(['10:08', '10:09', '10:10', '10:11', '10:12', '10:13', '10:14'])
  expect(axis(6 * HOUR_MS)).toEqual(['11:00', '12:00', '13:00', '14:00', '15:00', '16:00'])
  expect(axis(30 * HOUR_MS)).toEqual(['23 Nov 12:00', '23 Nov 18:00', '24 Nov 00:00', '24 Nov 06:00', '24 Nov 12:00'])
  expect(axis(30 * 24 * HOUR_MS)).toEqual(['26 Nov', '3 Dec', '10 Dec', '17 Dec'])
  expect(axis(0)).toEqual([])
  for (const years of [1, 3, 30]) expect(axis(years * 365 * 24 * HOUR_MS).length).toBeLessThanOrEqual(16)
})

test('in the zone of this machine days begin at midnight, also when the clocks have changed', () => {
  const from = new Date(2026, 9, 20).getTime()
  const { ticks } = timeAxis(from, from + 8 * 24 * HOUR_MS)
  expect(ticks.map((at) => new Date(at).getHours())).toEqual(ticks.map(() => 0))
})

test('marks that are close to each other share a label', () => {
  const at = (minute: number) => new Date(FROM + minute * MINUTE_MS).toISOString()
  const marks = [1, 2, 9].map((minute, i) => ({ time: at(minute), number: i + 1 }))
  expect(labelsOf(marks, 3 * MINUTE_MS)).toEqual([
    { at: FROM + MINUTE_MS, label: '1–2' },
    { at: FROM + 9 * MINUTE_MS, label: '3' },
  ])
  expect(labelsOf([], 3 * MINUTE_MS)).toEqual([])
})
