import { perObject } from './per-object.ts'

export type Clock = { now: () => Date }
type Entry<Result> = { result: Promise<Result>; expires_at_ms: number }

type Options<Key, Result> = {
  /** Keys of one name share an entry. */
  name: (key: Key) => string
  /**
   * A result that is not large is never cached, and so never stale. `always`: each is cached and shared, the first as
   * well.
   */
  isLarge: ((result: Result) => boolean) | 'always'
}

/** A result is valid for this many times as long as its query took: queries take at most a tenth of the time. */
const VALIDITY_FACTOR = 10
const MAX_ENTRIES = 500

/** Rows from which counts are cached. */
export const LARGE_COUNT = 50_000

/**
 * Caches the large results of a query for a while. Callers that come while a large result is read again share the run.
 */
export function cachedIfLarge<Env extends Clock, Key, Result>(
  query: (env: Env, key: Key) => Promise<Result>,
  { name, isLarge }: Options<Key, Result>,
) {
  const entriesOf = perObject((_env: Env) => new Map<string, Entry<Result>>())
  const isValid = (env: Env, entry?: Entry<Result>): entry is Entry<Result> =>
    entry !== undefined && env.now().getTime() <= entry.expires_at_ms

  async function renew(env: Env, key: Key): Promise<Result> {
    const [entries, id, started_ms] = [entriesOf(env), name(key), env.now().getTime()]
    const pending = query(env, key)
    // The last result was large: until this one is there, others share the run.
    if (isLarge === 'always' || entries.has(id))
      entries.set(id, { result: pending, expires_at_ms: Number.POSITIVE_INFINITY })
    try {
      const result = await pending
      const ended_ms = env.now().getTime()
      if (entries.size >= MAX_ENTRIES) entries.clear()
      const expires_at_ms = ended_ms + VALIDITY_FACTOR * (ended_ms - started_ms)
      if (isLarge === 'always' || isLarge(result)) entries.set(id, { result: pending, expires_at_ms })
      else entries.delete(id)
      return result
    } catch (error) {
      entries.delete(id)
      throw error
    }
  }
  return {
    get(env: Env, key: Key): Promise<Result> {
      const entry = entriesOf(env).get(name(key))
      return isValid(env, entry) ? entry.result : renew(env, key)
    },
    /** Whether `get` would answer without a query. */
    has: (env: Env, key: Key): boolean => isValid(env, entriesOf(env).get(name(key))),
    /** Whether the last result was large, even if it is no longer valid. */
    wasLarge: (env: Env, key: Key): boolean => entriesOf(env).has(name(key)),
  }
}
