import { setTimeout as sleep } from 'node:timers/promises'
import { perEnv } from '../../db/memory/per-object.ts'
import { sql } from '../../db/sql.ts'
import { type Env, nowText } from '../../env.ts'
import { tooManyGuesses } from '../../errors.ts'
import { WrongGuess } from '../../refusal.ts'

/** What is guessed at, or who guesses: so many wrong guesses are free, and then one each `every_ms`. */
export type Guessed = { key: string; free: number; every_ms: number }

/**
 * Makes a guess, or refuses to. It is wrong if it ends with a `WrongGuess`; right guesses cost nothing, however many there are.
 * The count is in the database, which all processes and servers share and which outlives them: of guesses made at the
 * same moment anywhere no more are made than are free.
 */
export async function limited<Answer>(
  env: Env,
  all: readonly Guessed[],
  guess: () => Promise<Answer>,
): Promise<Answer> {
  await inTurn(env, all.map(({ key }) => key).join(), () => enter(env, all))
  let wrong = 0
  try {
    return await guess()
  } catch (error) {
    wrong = error instanceof WrongGuess ? 1 : 0
    throw error
  } finally {
    // A guess whose end could not be written counts as wrong after a while.
    await env.db.query(end(all, { wrong, now: nowText(env) })).catch((error) => {
      env.log.warn({ err: error }, 'could not write down how a guess at a password or a code ended')
    })
  }
}

const PAUSE_MS = { first: 50, longest: 800 }
const MOST_MS = 10_000

/** While guesses that are being checked may yet turn out wrong and use up the last free one, the next one waits for them. */
async function enter(env: Env, all: readonly Guessed[]): Promise<void> {
  const begun = performance.now()
  for (let pause_ms = PAUSE_MS.first; ; pause_ms = Math.min(2 * pause_ms, PAUSE_MS.longest)) {
    const wait_ms = await tryToEnter(env, all)
    if (wait_ms === undefined) return
    if (wait_ms > 0 || performance.now() - begun > MOST_MS) throw tooManyGuesses(Math.max(1, Math.ceil(wait_ms / 1000)))
    await sleep(pause_ms)
  }
}

type Bucket = { key: string; wrong: number; pending: number }

/** All count the guess or none does. Returns the milliseconds until it is free; 0: it depends on those being checked. */
async function tryToEnter(env: Env, all: readonly Guessed[]): Promise<number | undefined> {
  let wait_ms = 0
  const full = new Error('No guess is free.')
  const now = nowText(env)
  try {
    await env.db.transaction(async (tx) => {
      const buckets = new Map((await tx.query<Bucket>(begin(all, now))).map((bucket) => [bucket.key, bucket]))
      const each = all.map((one) => ({ ...one, ...(buckets.get(one.key) as Bucket) }))
      wait_ms = Math.max(0, ...each.map(({ wrong, free, every_ms }) => (wrong + 1 - free) * every_ms))
      if (each.some(({ wrong, pending, free }) => wrong + pending > free)) throw full
    })
    return undefined
  } catch (error) {
    if (error === full) return wait_ms
    throw error
  }
}

const turns = perEnv(() => new Map<string, Promise<unknown>>())

/** One after the other within a process, so that many who wait for the same do not all ask the database again and again. */
function inTurn(env: Env, key: string, work: () => Promise<void>): Promise<void> {
  const last = turns(env)
  const mine = (last.get(key) ?? Promise.resolve()).then(work)
  const settled = mine
    .catch(() => {})
    .then(() => {
      if (last.get(key) === settled) last.delete(key)
    })
  last.set(key, settled)
  return mine
}

// A guess that has been checked for a minute belonged to a process that was killed: it counts as wrong.
const begin = (all: readonly Guessed[], now: string) => sql`
  insert into guesses as g (key, wrong, every_ms, pending, at)
  select key, 0, every_ms, 1, ${now}::timestamptz
  from unnest(${all.map(({ key }) => key)}::text[], ${all.map(({ every_ms }) => every_ms)}::float8[]) as t (key, every_ms)
  order by key
  on conflict (key) do update set
    wrong = greatest(0, g.wrong + case when g.at < excluded.at - interval '1 minute' then g.pending else 0 end
      - greatest(0, extract(epoch from excluded.at - g.at) * 1000 / g.every_ms)),
    pending = 1 + case when g.at < excluded.at - interval '1 minute' then 0 else g.pending end,
    at = greatest(g.at, excluded.at)
  returning key, wrong, pending`

const end = (all: readonly Guessed[], { wrong, now }: { wrong: number; now: string }) => sql`
  with locked as (select key from guesses where key = any(${all.map(({ key }) => key)}) order by key for update)
  update guesses g set
    wrong = ${wrong}::float8
      + greatest(0, g.wrong - greatest(0, extract(epoch from ${now}::timestamptz - g.at) * 1000 / g.every_ms)),
    pending = greatest(0, g.pending - 1),
    at = greatest(g.at, ${now}::timestamptz)
  from locked where g.key = locked.key`
