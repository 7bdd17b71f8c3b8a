import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Rate, ratesOf, sliceSize, startsOf } from '../src/deployments/rates.ts'

const rate = (per_second: number): Rate => ({ key: 'all', per_second })

test('a download shares the rate of all, and that of its value if it has one', () => {
  const by_attribute = { scope: 'inventory', attribute: 'site', max_bytes_per_second: 2000 }
  expect(ratesOf({ max_bytes_per_second: 5000, by_attribute }, 'inventory/site=a')).toEqual([
    { key: 'all', per_second: 5000 },
    { key: 'inventory/site=a', per_second: 2000 },
  ])
  expect(ratesOf({ by_attribute }, '')).toEqual([])
  expect(ratesOf({ max_downloads: 1 }, 'inventory/site=a')).toEqual([])
})

test('slices are small for many downloads, and at most what files are read in', () => {
  expect(sliceSize(rate(8_000_000), 1)).toBe(1_000_000)
  expect(sliceSize(rate(1e12), 1)).toBe(1024 * 1024)
  expect(sliceSize(rate(8_000_000), 10)).toBe(100_000)
  expect(sliceSize(rate(1000), 100)).toBe(1024)
})

test('reservations follow each other: for any amounts, none begins before those before it are over', () => {
  const amounts = fc.array(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(amounts, fc.integer({ min: 1000, max: 10_000_000 }), fc.nat(100_000), (bytes, per_second, ahead_ms) => {
      const total_ms = (bytes.reduce((sum, one) => sum + one, 0) * 1000) / per_second
      const starts = startsOf(bytes, rate(per_second), ahead_ms + total_ms)
      let expected = ahead_ms
      starts.forEach((start, i) => {
        expect(Math.abs(start - expected)).toBeLessThan(0.01)
        expected += (bytes[i]! * 1000) / per_second
      })
    }),
  )
})

test('a reservation whose time has come already waits for nothing', () => {
  expect(startsOf([1000, 1000], rate(1000), 1500)).toEqual([0, 500])
})
