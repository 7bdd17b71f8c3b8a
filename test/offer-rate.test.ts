import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nextOfferAt, offersLeft, type RecentOffers, withOffers } from '../src/deployments/rollout/offer-rate.ts'

const MINUTE = 60_000
const START = Date.UTC(2030, 0, 1)

/** Devices ask at these times, by the clock of the process that they reach. Returns when offers are made. */
function offersAt(times: readonly number[], per_minute: number): number[] {
  let recent: RecentOffers = []
  return times.filter((time) => {
    if (offersLeft(recent, per_minute, time) <= 0) return false
    recent = withOffers(recent, 1, time)
    return true
  })
}

/** The most offers within any window of this length. */
const most = (offers: readonly number[], window_ms: number): number => {
  const sorted = offers.toSorted((a, b) => a - b)
  return Math.max(0, ...sorted.map((from) => sorted.filter((time) => time >= from && time < from + window_ms).length))
}

/** Some devices ask at once, others after a pause of any length. */
const gaps = fc.array(fc.oneof(fc.nat(20), fc.nat(1500), fc.nat(70_000)), { maxLength: 120 })
const limits = fc.integer({ min: 1, max: 15 })

function timesOf(list: readonly number[]): number[] {
  let time = START
  return list.map((gap) => {
    time += gap
    return time
  })
}

describe('the rate of offers', () => {
  test('is not exceeded within any 60 s', () => {
    fc.assert(
      fc.property(gaps, limits, (list, per_minute) => {
        expect(most(offersAt(timesOf(list), per_minute), MINUTE)).toBeLessThanOrEqual(per_minute)
      }),
    )
  })

  test('is used up: a device that asks a minute and a second after the last offers gets one', () => {
    fc.assert(
      fc.property(gaps, limits, (list, per_minute) => {
        const times = timesOf(list)
        const offers = new Set(offersAt(times, per_minute))
        for (const time of times) {
          const recent = [...offers].filter((one) => one < time && one > time - MINUTE - 1000)
          if (recent.length === 0) expect(offers.has(time)).toBe(true)
        }
      }),
    )
  })

  test('is used up by a crowd: after 61 s the same number of offers follows', () => {
    for (const per_minute of [1, 7, 1000]) {
      const times = Array.from({ length: 130 }, (_, second) => Array(per_minute).fill(START + second * 1000)).flat()
      const offers = offersAt(times, per_minute)
      expect(offers.filter((time) => time === START)).toHaveLength(per_minute)
      expect(offers).toHaveLength(3 * per_minute)
    }
  })

  test('is less by no more than the disagreement of the clocks', () => {
    const skews = fc.array(fc.nat(8000), { minLength: 120, maxLength: 120 })
    fc.assert(
      fc.property(gaps, skews, limits, (list, skew, per_minute) => {
        const times = timesOf(list).map((time, i) => time - skew[i]!)
        expect(most(offersAt(times, per_minute), MINUTE - 8000)).toBeLessThanOrEqual(per_minute)
      }),
    )
  })

  test('goes on after a clock was set back', () => {
    const recent = withOffers([], 5, START)
    expect(offersLeft(recent, 5, START - 3000)).toBe(0)
    expect(nextOfferAt(recent, START - 3000)).toBe(START + 1000 + MINUTE)
    expect(withOffers(recent, 2, START - 3000)).toEqual([[START + 1000, 7]])
  })

  test('says when the next offer is possible, not before and not later', () => {
    fc.assert(
      fc.property(gaps, limits, fc.nat(1500), (list, per_minute, later) => {
        let recent: RecentOffers = []
        const times = timesOf(list)
        for (const time of times) if (offersLeft(recent, per_minute, time) > 0) recent = withOffers(recent, 1, time)
        const now = (times.at(-1) ?? START) + later
        if (offersLeft(recent, per_minute, now) > 0) return
        const next = nextOfferAt(recent, now)
        expect(next).toBeGreaterThan(now)
        expect(offersLeft(recent, per_minute, next - 1)).toBeLessThanOrEqual(0)
        expect(offersLeft(recent, per_minute, next)).toBeGreaterThan(0)
      }),
    )
  })

  test('is stored in at most 61 pairs, in order, however many offers there are', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(2500), { maxLength: 200 }), fc.nat(5), (list, count) => {
        let recent: RecentOffers = []
        for (const time of timesOf(list)) {
          recent = withOffers(recent, count + 1, time)
          expect(recent.length).toBeLessThanOrEqual(61)
          expect(recent.map(([until]) => until)).toEqual(
            [...new Set(recent.map(([until]) => until))].toSorted((a, b) => a - b),
          )
        }
      }),
      { numRuns: 40 },
    )
  })
})
