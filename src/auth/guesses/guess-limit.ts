import { setTimeout as sleep } from 'node:timers/promises'
import { perEnv } from '../../db/memory/per-object.ts'
import { sql } from '../../db/sql.ts'
import { type Env, nowText } from '../../env.ts'
import { tooManyGuesses } from '../../errors.ts'
import { WrongGuess } from '../../refusal.ts'

/** The limit of an account or an address: `free` wrong guesses, and then one per `every_ms`. */
export type GuessLimit = { key: string; free: number; every_ms: number }

type Options = {
  /** What is counted, if it is each call and not each wrong guess: a plural. */
  every?: string
}

/**
 * Makes a guess if all limits allow one, or else rejects it. A guess is wrong if it throws a `WrongGuess`; right
 * guesses are not limited. The counts are in the database, so that all processes and servers share them and they
 * outlive a restart: of guesses made anywhere at the same time, no more are made than are free.
 */
export async function withGuessLimits<Result>(
  env: Env,
  limits: readonly GuessLimit[],
  guess: () => Promise<Result>,
  { every }: Options = {},
): Promise<Result> {
  await oneAtATime(env, limits.map(({ key }) => key).join(), () => waitForFreeGuess(env, limits, every))
  let wrong = every === undefined ? 0 : 1
  try {
    return await guess()
  } catch (error) {
    if (error instanceof WrongGuess) wrong = 1
    throw error
  } finally {
    // If the end cannot be stored, `begin` counts the guess as wrong later.
    await env.db.query(end(limits, { wrong, now: nowText(env) })).catch((error) => {
      env.log.warn({ err: error }, 'could not write down how a guess at a password or a code ended')
    })
  }
}

const PAUSE_MS = { first: 50, longest: 800 }
const MAX_WAIT_MS = 10_000

/** Waits while pending guesses may turn out wrong and use up the last free one. */
async function waitForFreeGuess(env: Env, limits: readonly GuessLimit[], what?: string): Promise<void> {
  const started_ms = performance.now()
  for (let pause_ms = PAUSE_MS.first; ; pause_ms = Math.min(2 * pause_ms, PAUSE_MS.longest)) {
    const wait_ms = await tryToBegin(env, limits)
    if (wait_ms === undefined) return
    if (wait_ms > 0 || performance.now() - started_ms > MAX_WAIT_MS)
      throw tooManyGuesses(Math.max(1, Math.ceil(wait_ms / 1000)), what)
    await sleep(pause_ms)
  }
}

type Bucket = { key: string; wrong: number; pending: number }

/**
 * Counts the guess as pending in all limits or in none. Returns undefined if it counted; else the milliseconds until
 * the guess is free, 0 if that depends on pending guesses.
 */
async function tryToBegin(env: Env, limits: readonly GuessLimit[]): Promise<number | undefined> {
  let wait_ms = 0
  const full = new Error('No guess is free.')
  const now = nowText(env)
  try {
    await env.db.transaction(async (tx) => {
      const buckets = new Map((await tx.query<Bucket>(begin(limits, now))).map((bucket) => [bucket.key, bucket]))
      const counted = limits.map((limit) => ({ ...limit, ...(buckets.get(limit.key) as Bucket) }))
      wait_ms = Math.max(0, ...counted.map(({ wrong, free, every_ms }) => (wrong + 1 - free) * every_ms))
      if (counted.some(({ wrong, pending, free }) => wrong + pending > free)) throw full
    })
    return undefined
  } catch (error) {
    if (error === full) return wait_ms
    throw error
  }
}

const turnsOf = perEnv(() => new Map<string, Promise<unknown>>())

/** Within a process, one waits at a time, so that many requests that wait for one key do not all poll the database. */
function oneAtATime(env: Env, key: string, work: () => Promise<void>): Promise<void> {
  const lastByKey = turnsOf(env)
  const turn = (lastByKey.get(key) ?? Promise.resolve()).then(work)
  const ended = turn
    .catch(() => {})
    .then(() => {
      if (lastByKey.get(key) === ended) lastByKey.delete(key)
    })
  lastByKey.set(key, ended)
  return turn
}

// Guesses that are pending after a minute belong to a process that was killed: they count as wrong.
const begin = (limits: readonly GuessLimit[], now: string) => sql`
  insert into guesses as g (key, wrong, every_ms, pending, at)
  select key, 0, every_ms, 1, ${now}::timestamptz
  from unnest(${limits.map(({ key }) => key)}::text[], ${limits.map(({ every_ms }) => every_ms)}::float8[])
    as l (key, every_ms)
  order by key
  on conflict (key) do update set
    wrong = greatest(0, g.wrong + case when g.at < excluded.at - interval '1 minute' then g.pending else 0 end
      - greatest(0, extract(epoch from excluded.at - g.at) * 1000 / g.every_ms)),
    pending = 1 + case when g.at < excluded.at - interval '1 minute' then 0 else g.pending end,
    at = greatest(g.at, excluded.at)
  returning key, wrong, pending`

const end = (limits: readonly GuessLimit[], { wrong, now }: { wrong: number; now: string }) => sql`
  with locked as (select key from guesses where key = any(${limits.map(({ key }) => key)}) order by key for update)
  update guesses g set
    wrong = ${wrong}::float8
      + greatest(0, g.wrong - greatest(0, extract(epoch from ${now}::timestamptz - g.at) * 1000 / g.every_ms)),
    pending = greatest(0, g.pending - 1),
    at = greatest(g.at, ${now}::timestamptz)
  from locked where g.key = locked.key`
