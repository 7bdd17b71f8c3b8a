import { expect, test } from 'vitest'
import { retrySchedule } from '../src/http/traffic/retry-later.ts'
import { TimedQueue } from '../src/http/traffic/timed-queue.ts'

const ANSWERED_PER_S = 1000
const chances = [0, 0.25, 0.5, 0.75, 0.999]

/** The Retry-After hints of `n` requests refused at the same time. */
const refuseAtOnce = (schedule: ReturnType<typeof retrySchedule>, count: number, now_s = 1000) =>
  Array.from({ length: count }, (_, i) =>
    schedule({ now_s, answered_per_s: ANSWERED_PER_S, random: chances[i % chances.length] ?? 0 }),
  )

test('a few refused clients retry after 30 to 60 seconds', () => {
  for (const hint of refuseAtOnce(retrySchedule(), 5)) {
    expect(hint).toBeGreaterThanOrEqual(30)
    expect(hint).toBeLessThanOrEqual(60)
  }
})

test('many refused clients retry over as long as their requests take, with spare capacity for others', () => {
  const clients = 100_000
  const perSecond = new Map<number, number>()
  for (const hint of refuseAtOnce(retrySchedule(), clients)) perSecond.set(hint, (perSecond.get(hint) ?? 0) + 1)
  expect(Math.max(...perSecond.values())).toBeLessThan(ANSWERED_PER_S * 0.75)
  expect(Math.max(...perSecond.keys())).toBeGreaterThan(clients / ANSWERED_PER_S)
})

test('hints grow during an overload to at most two hours, and are short again afterwards', () => {
  const schedule = retrySchedule()
  const [first = 0] = refuseAtOnce(schedule, 1)
  const later = refuseAtOnce(schedule, 60_000).at(-1) ?? 0
  expect(later).toBeGreaterThan(2 * first)
  const latest = refuseAtOnce(schedule, 2_000_000).slice(-5)
  expect(Math.max(...latest)).toBeLessThanOrEqual(7230)
  expect(new Set(latest).size).toBe(5)
  expect(refuseAtOnce(schedule, 1, 1000 + 3601)[0]).toBeLessThanOrEqual(60)
})

test('queued requests run in order, and each times out after the same time', () => {
  const queue = new TimedQueue<number>(5000)
  for (let i = 0; i < 5000; i++) queue.push(i, i)
  expect(queue.length).toBe(5000)
  expect(Array.from({ length: 3000 }, () => queue.next())).toEqual(Array.from({ length: 3000 }, (_, i) => i))
  expect(queue.nextExpired(7999)).toBeUndefined()
  expect([queue.nextExpired(8001), queue.nextExpired(8001), queue.nextExpired(8001)]).toEqual([3000, 3001, undefined])
  expect(queue.length).toBe(1998)
  while (queue.next() !== undefined);
  expect(queue.length).toBe(0)
})
