import { expect, test } from 'vitest'
import { retrySchedule } from '../src/http/traffic/retry-later.ts'
import { TimedQueue } from '../src/http/traffic/timed-queue.ts'

const ANSWERED_PER_S = 1000
const chances = [0, 0.25, 0.5, 0.75, 0.999]

/** The hints of as many as are refused at one moment. */
const refuseAtOnce = (appoint: ReturnType<typeof retrySchedule>, count: number, now_s = 1000) =>
  Array.from({ length: count }, (_, i) =>
    appoint({ now_s, answered_per_s: ANSWERED_PER_S, random: chances[i % chances.length] ?? 0 }),
  )

test('a few that are refused come back after half a minute to a minute', () => {
  for (const hint of refuseAtOnce(retrySchedule(), 5)) {
    expect(hint).toBeGreaterThanOrEqual(30)
    expect(hint).toBeLessThanOrEqual(60)
  }
})

test('a herd comes back spread over what it takes to answer it, with room for others', () => {
  const herd = 100_000
  const perSecond = new Map<number, number>()
  for (const hint of refuseAtOnce(retrySchedule(), herd)) perSecond.set(hint, (perSecond.get(hint) ?? 0) + 1)
  expect(Math.max(...perSecond.values())).toBeLessThan(ANSWERED_PER_S * 0.75)
  expect(Math.max(...perSecond.keys())).toBeGreaterThan(herd / ANSWERED_PER_S)
})

test('hints grow while it lasts, to two hours at the most, and are short again when it is over', () => {
  const appoint = retrySchedule()
  const [first = 0] = refuseAtOnce(appoint, 1)
  const later = refuseAtOnce(appoint, 60_000).at(-1) ?? 0
  expect(later).toBeGreaterThan(2 * first)
  const latest = refuseAtOnce(appoint, 2_000_000).slice(-5)
  expect(Math.max(...latest)).toBeLessThanOrEqual(7230)
  expect(new Set(latest).size).toBe(5)
  expect(refuseAtOnce(appoint, 1, 1000 + 3601)[0]).toBeLessThanOrEqual(60)
})

test('those who wait come in turn, and each is late after the same time', () => {
  const line = new TimedQueue<number>(5000)
  for (let i = 0; i < 5000; i++) line.push(i, i)
  expect(line.length).toBe(5000)
  expect(Array.from({ length: 3000 }, () => line.next())).toEqual(Array.from({ length: 3000 }, (_, i) => i))
  expect(line.nextExpired(7999)).toBeUndefined()
  expect([line.nextExpired(8001), line.nextExpired(8001), line.nextExpired(8001)]).toEqual([3000, 3001, undefined])
  expect(line.length).toBe(1998)
  while (line.next() !== undefined);
  expect(line.length).toBe(0)
})
