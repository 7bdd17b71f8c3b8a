import { perObject } from './per-object.ts'

export type Clock = { now: () => Date }
type Entry<Answer> = { answer: Promise<Answer>; expires_at_ms: number }

type Options<Key, Answer> = {
  name: (key: Key) => string
  /** What is not large is asked anew each time, and so is never old. */
  isLarge: (answer: Answer) => boolean
}

/** An answer is good for so many times as long as it took: asking never fills more than a tenth of the time. */
const GOOD_FOR = 10
const MOST_KEPT = 500

/** Questions over very many rows, whose answers are kept for a while, and for which one asks while the others wait. */
export function cachedIfLarge<Env extends Clock, Key, Answer>(
  ask: (env: Env, key: Key) => Promise<Answer>,
  { name, isLarge }: Options<Key, Answer>,
) {
  const entriesOf = perObject((_env: Env) => new Map<string, Entry<Answer>>())
  const isGood = (env: Env, entry?: Entry<Answer>): entry is Entry<Answer> =>
    entry !== undefined && env.now().getTime() <= entry.expires_at_ms

  async function renew(env: Env, key: Key): Promise<Answer> {
    const [entries, id, begun] = [entriesOf(env), name(key), env.now().getTime()]
    const answer = ask(env, key)
    // It was large before: whoever asks meanwhile shares this.
    if (entries.has(id)) entries.set(id, { answer, expires_at_ms: Number.POSITIVE_INFINITY })
    try {
      const told = await answer
      const ended = env.now().getTime()
      if (entries.size >= MOST_KEPT) entries.clear()
      if (isLarge(told)) entries.set(id, { answer, expires_at_ms: ended + GOOD_FOR * (ended - begun) })
      else entries.delete(id)
      return told
    } catch (error) {
      entries.delete(id)
      throw error
    }
  }
  return {
    ask(env: Env, key: Key): Promise<Answer> {
      const entry = entriesOf(env).get(name(key))
      return isGood(env, entry) ? entry.answer : renew(env, key)
    },
    /** Whether there is an answer without asking. */
    has: (env: Env, key: Key): boolean => isGood(env, entriesOf(env).get(name(key))),
    /** Whether the last answer was large, however old it is. */
    wasLarge: (env: Env, key: Key): boolean => entriesOf(env).has(name(key)),
  }
}
