import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FOREVER, pinEnds, pinText, readPinEnd, toDevicePin } from '../src/deployments/pin.ts'

const time = fc
  .date({ min: new Date('2000-01-01T00:00:00Z'), max: new Date('9999-01-01T00:00:00Z'), noInvalidDate: true })
  .map((date) => date.toISOString())
const by = { id: 'u', email: 'jo@example.com' }

test('a pin keeps a device from updates exactly until its time', () => {
  fc.assert(
    fc.property(time, time, (end, now) => {
      const ends_ms = pinEnds(end, now)
      expect(ends_ms).toBe(Date.parse(now) < Date.parse(end) ? Date.parse(end) : undefined)
      expect(pinEnds(FOREVER, now)).toBe(Number.POSITIVE_INFINITY)
      expect(pinEnds(null, now)).toBeUndefined()
    }),
  )
})

test('what is stored sorts as the pins end, those without an end last', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(time, fc.constant(FOREVER))), (ends) => {
      const endOf = (end: string) => pinEnds(end, '') as number
      expect(ends.toSorted().map(endOf)).toEqual(ends.map(endOf).toSorted((a, b) => (a === b ? 0 : a < b ? -1 : 1)))
    }),
  )
})

test('a new pin ends in the future, in whole milliseconds of UTC, and is shown as it was given', () => {
  const now = '2030-01-01T00:00:00.000Z'
  const read = (not_before: string | null) => readPinEnd({ not_before }, now)
  expect(read(null)).toBe(FOREVER)
  expect(read('2030-01-01T02:00:00.0019+01:00')).toBe('2030-01-01T01:00:00.001Z')
  for (const past of [now, '2030-01-01T01:00:00+01:00', '2029-12-31T23:59:59Z'])
    expect(() => read(past)).toThrow('not_before: must be in the future')
  expect(() => read('tomorrow')).toThrow('not_before: must be a date-time')
  const pin = { reason: 'on the stand', by, since: now }
  expect(toDevicePin('d', { pinned_until: FOREVER, pin })).toEqual({ device_id: 'd', ...pin })
  const timed = toDevicePin('d', { pinned_until: read('2031-01-01T00:00:00Z'), pin })
  expect(timed).toEqual({ device_id: 'd', not_before: '2031-01-01T00:00:00.000Z', ...pin })
  expect(pinText(timed)).toBe(
    'The device is pinned by jo@example.com: it is not updated before 2031-01-01T00:00:00.000Z (on the stand)',
  )
  expect(pinText({ reason: 'r', by: { id: 'u' } })).toBe('The device is pinned by a user: it is never updated (r)')
})
