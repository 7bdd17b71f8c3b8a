import { expect, test } from 'vitest'
import { GuessLimit } from '../src/auth/guess-limit.ts'
import { networkOf } from '../src/auth/network.ts'
import { unauthorized, wrongCredentials } from '../src/errors.ts'

const EVERY_MS = 1000
const named = (key: string, free = 3) => ({ key, free, every_ms: EVERY_MS })

/** A limit whose guesses take a moment, with a clock of its own. */
function openLimit(most?: number) {
  const limit = new GuessLimit(most)
  const clock = { now: 0 }
  const guess = (keys: string[], error?: Error) =>
    limit
      .attempt(
        keys.map((key) => named(key, key.startsWith('wide') ? 5 : 3)),
        () => clock.now,
        async () => {
          await new Promise(setImmediate)
          if (error) throw error
          return 'right'
        },
      )
      .catch((refused: { status: number }) => refused.status)
  return {
    clock,
    right: (...keys: string[]) => guess(keys),
    wrong: (...keys: string[]) => guess(keys, wrongCredentials()),
    other: (...keys: string[]) => guess(keys, unauthorized('no guess')),
  }
}

const times = <Made>(count: number, make: () => Promise<Made>) => Promise.all(Array.from({ length: count }, make))

test('of many wrong guesses at the same moment only the free ones are made', async () => {
  const { wrong } = openLimit()
  expect((await times(20, () => wrong('a'))).filter((answer) => answer === 401)).toHaveLength(3)
})

test('right guesses are all made, however many there are, and so is what fails for another reason', async () => {
  const { right, other, wrong } = openLimit()
  expect(new Set(await times(50, () => right('a')))).toEqual(new Set(['right']))
  expect(new Set(await times(50, () => other('a')))).toEqual(new Set([401]))
  expect(await wrong('a')).toBe(401)
})

test('one more is free after a while, and all after a longer one', async () => {
  const { clock, wrong, right } = openLimit()
  await times(3, () => wrong('a'))
  clock.now += EVERY_MS - 1
  expect(await right('a')).toBe(429)
  clock.now += 1
  expect([await wrong('a'), await right('a')]).toEqual([401, 429])
  clock.now += 100 * EVERY_MS
  expect(await times(5, () => wrong('a'))).toEqual([401, 401, 401, 429, 429])
})

test('of several limits each holds, and a guess that one refuses costs nothing with the others', async () => {
  const { wrong, right } = openLimit()
  await times(10, () => wrong('wide', 'a'))
  expect(await right('wide', 'b')).toBe('right')
  expect(await times(3, () => wrong('wide', 'b'))).toEqual([401, 401, 429])
  expect([await right('wide', 'c'), await right('b')]).toEqual([429, 'right'])
})

test('what was not used for longest is forgotten first', async () => {
  const { wrong } = openLimit(2)
  await times(3, () => wrong('a'))
  await times(3, () => wrong('b'))
  expect(await wrong('a')).toBe(429)
  await wrong('c')
  expect([await wrong('b'), await wrong('a')]).toEqual([429, 401])
})

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:DB8::1', '2001:db8:0:0::/64'],
  ['2001:db8:0:0:ffff::9', '2001:db8:0:0::/64'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['', ''],
])('the network of %s is %s', (address, network) => {
  expect(networkOf(address)).toBe(network)
})
