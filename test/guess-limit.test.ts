import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { withGuessLimits } from '../src/auth/guesses/guess-limit.ts'
import { pruneGuesses } from '../src/auth/guesses/prune-guesses.ts'
import { networkOf } from '../src/auth/network.ts'
import { openPool } from '../src/db/pool.ts'
import { sql } from '../src/db/sql.ts'
import type { Env } from '../src/env.ts'
import { unauthorized, wrongCredentials } from '../src/errors.ts'
import { openApi } from './support/api.ts'
import { cloneDatabase } from './support/clone-database.ts'
import { startServer } from './support/server.ts'
import { USERADM } from './support/users.ts'

const EVERY_MS = 1000
const named = (key: string, free = 3) => ({ key, free, every_ms: EVERY_MS })

let database: Awaited<ReturnType<typeof cloneDatabase>>
/** Each stands for a process: a separate pool on the shared database. */
let processes: Env[]
const clock = { now: Date.now() }
beforeAll(async () => {
  database = await cloneDatabase()
  processes = Array.from({ length: 3 }, newProcess)
})
afterAll(async () => {
  for (const { db } of processes) await db.close()
  await database.drop()
})

const newProcess = () =>
  ({ db: openPool(database.url, 6), now: () => new Date(clock.now), log: pino({ level: 'silent' }) }) as unknown as Env

let limits = 0

/** A limit with slow guesses, each in the next process. */
function openLimit() {
  const limit = ++limits
  let turn = 0
  const guess = (keys: string[], error?: Error) =>
    withGuessLimits(
      processes[turn++ % processes.length] as Env,
      keys.map((key) => named(`${limit} ${key}`, key.startsWith('wide') ? 5 : 3)),
      async () => {
        await new Promise((wake) => setTimeout(wake, 5))
        if (error) throw error
        return 'right'
      },
    ).catch((refused: { status: number }) => refused.status)
  return {
    right: (...keys: string[]) => guess(keys),
    wrong: (...keys: string[]) => guess(keys, wrongCredentials()),
    other: (...keys: string[]) => guess(keys, unauthorized('no guess')),
  }
}

const times = <Made>(count: number, make: (index: number) => Promise<Made>) =>
  Promise.all(Array.from({ length: count }, (_, index) => make(index)))

test('of many concurrent wrong guesses in several processes only the free ones are processed', async () => {
  const { wrong } = openLimit()
  expect((await times(30, () => wrong('a'))).filter((status) => status === 401)).toHaveLength(3)
})

test('any number of correct guesses is processed, and so are guesses that fail for another reason', async () => {
  const { right, other, wrong } = openLimit()
  expect(new Set(await times(50, () => right('a')))).toEqual(new Set(['right']))
  expect(new Set(await times(50, () => other('a')))).toEqual(new Set([401]))
  expect(await wrong('a')).toBe(401)
})

test('another guess is free after a while, and all of them after a longer time', async () => {
  const { wrong, right } = openLimit()
  await times(3, () => wrong('a'))
  clock.now += EVERY_MS - 1
  expect(await right('a')).toBe(429)
  clock.now += 1
  expect([await wrong('a'), await right('a')]).toEqual([401, 429])
  clock.now += 100 * EVERY_MS
  const statuses = await times(5, () => wrong('a'))
  expect(statuses.sort()).toEqual([401, 401, 401, 429, 429])
})

test('several limits all apply, and a guess that one rejects does not count for the others', async () => {
  const { wrong, right } = openLimit()
  await times(10, () => wrong('wide', 'a'))
  expect(await right('wide', 'b')).toBe('right')
  expect((await times(3, () => wrong('wide', 'b'))).sort()).toEqual([401, 401, 429])
  expect([await right('wide', 'c'), await right('b')]).toEqual([429, 'right'])
})

test('guesses of a killed process count as wrong after a minute, and block others no longer than that', async () => {
  const lost = { ...named('lost'), every_ms: 3_600_000 }
  const killed = newProcess()
  for (let i = 0; i < 2; i++) void withGuessLimits(killed, [lost], () => new Promise(() => {}))
  const pending = () => killed.db.first(sql`select pending from guesses where key = 'lost'`)
  await expect.poll(pending).toEqual({ pending: 2 })
  await killed.db.close()
  clock.now += 61_000
  const guess = () => withGuessLimits(processes[0] as Env, [lost], async () => Promise.reject(wrongCredentials()))
  await expect(guess()).rejects.toMatchObject({ status: 401 })
  await expect(guess()).rejects.toMatchObject({ status: 429 })
})

test('rows of forgiven guesses are removed', async () => {
  const { wrong } = openLimit()
  await wrong('old')
  clock.now += 2 * 3_600_000
  await wrong('new')
  const [env] = processes as [Env]
  await pruneGuesses(env)
  const left = await env.db.query<{ key: string }>(sql`select key from guesses`)
  expect(left.map(({ key }) => key)).toEqual([`${limits} new`])
})

describe('two servers on the same database', () => {
  const login = { email: 'nobody@example.com', password: 'a wrong guess' }
  const guessAt = async ({ url }: { url: string }) => (await openApi(url).post(`${USERADM}/auth/session`, login)).status

  test('accept no more wrong passwords together than a single server, also one that starts later', async () => {
    const { url: database_url, drop } = await cloneDatabase()
    const servers = await times(2, () => startServer({ database_url }))
    const statuses = await times(30, (i) => guessAt(servers[i % 2] as { url: string }))
    expect(statuses.filter((status) => status === 401).length).toBeLessThanOrEqual(12)
    for (const server of servers) await server[Symbol.asyncDispose]()
    const later = await startServer({ database_url })
    const again = await times(12, () => guessAt(later))
    // Every 30 seconds one guess is forgiven.
    expect(again.filter((status) => status === 401).length).toBeLessThanOrEqual(4)
    await later[Symbol.asyncDispose]()
    await drop()
  }, 360_000)
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
