import fc from 'fast-check'
import { expect, test } from 'vitest'
import { idleInterval, jittered, pollingOf } from '../src/ddi/polling.ts'

const hours = { windows: [{ from: '22:00', to: '06:00' }], time_zone: 'UTC' }
const at = (hour: number, minute = 0) => Date.UTC(2030, 0, 1, hour, minute)
const random = fc.double({ min: 0, max: 1, noNaN: true })
const interval = fc.integer({ min: 5, max: 86_399 })

test('an interval varies by a tenth, and stays what the text can say', () => {
  fc.assert(
    fc.property(interval, random, (seconds, chance) => {
      const varied = jittered(seconds, chance)
      expect(varied).toBeGreaterThanOrEqual(Math.floor(seconds * 0.9))
      expect(varied).toBeLessThanOrEqual(Math.min(86_399, Math.ceil(seconds * 1.1)))
    }),
  )
})

test('in quiet hours devices poll less often, and within one interval after the end', () => {
  fc.assert(
    fc.property(interval, interval, fc.integer({ min: 0, max: 8 * 60 - 1 }), random, (usual, quiet, minute, chance) => {
      const polling = pollingOf({ polling_interval_s: usual, quiet_polling_interval_s: quiet }, hours)
      const now_ms = at(22) + minute * 60_000
      const slept = idleInterval(polling, now_ms, chance)
      const end_s = (at(30) - now_ms) / 1000
      if (quiet <= usual) expect(slept).toBe(jittered(usual, chance))
      else {
        expect(slept).toBeGreaterThanOrEqual(1)
        expect(slept).toBeLessThanOrEqual(Math.ceil(quiet * 1.1))
        expect(slept).toBeLessThanOrEqual(Math.ceil(end_s + usual))
        expect(slept).toBeGreaterThanOrEqual(Math.min(Math.floor(quiet * 0.9), Math.floor(end_s), 86_399))
      }
      expect(idleInterval(polling, at(12), chance)).toBe(jittered(usual, chance))
    }),
  )
})

test('without a longer interval, or without quiet hours, they are as at any time', () => {
  expect(pollingOf({ polling_interval_s: 300 }, hours)).toEqual({ interval_s: 300, quiet: undefined })
  expect(pollingOf({ polling_interval_s: 300, quiet_polling_interval_s: 3600 }, null).quiet).toBeUndefined()
})

test('hours by an attribute of devices are judged by its fallback', () => {
  const time_zone = { scope: 'inventory', attribute: 'timezone', fallback: 'Europe/Berlin' }
  const polling = pollingOf({ polling_interval_s: 60, quiet_polling_interval_s: 86_399 }, { ...hours, time_zone })
  expect(idleInterval(polling, at(4, 59), 0)).toBe(60)
  expect(idleInterval(polling, at(5), 0)).toBe(54)
})
