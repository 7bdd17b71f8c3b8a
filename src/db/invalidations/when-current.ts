import type { Env } from '../../env.ts'
import { catchUp, trackingOf } from './catch-up.ts'

type Question<Known> = {
  /** What is cached; undefined: nothing. */
  find(): Known | undefined
  /** Whether what is no longer current still holds: compares its versions with those in the database. */
  compare(known: Known): Promise<boolean>
}

/** Called instead of settling a promise, which costs more than the rest. */
export type Outcome = { resolve(holds: boolean): void; reject(error: Error): void }

/**
 * Whether something is cached, and still holds in spite of everything that any process committed before the call. If
 * nothing is cached it resolves at once. `isCaughtUp`: that has been applied already.
 */
export function whenCurrent<Known extends { is_current: boolean }>(
  env: Env,
  { find, compare }: Question<Known>,
  { resolve, reject }: Outcome,
  { isCaughtUp = false } = {},
): void {
  const decide = (known: Known | undefined) => {
    if (!known || known.is_current) return resolve(known !== undefined)
    compare(known).then(resolve, reject)
  }
  const before = find()
  if (before && isCaughtUp) {
    decide(before)
    return
  }
  if (!before) {
    resolve(false)
    // So that reads go on in a process that finds out about one device after another: after a long time without a read,
    // the next one may have missed changes, and none of them would be current. On a cluster nothing becomes current before
    // the changes until then are known.
    catchUp(env, ignore)
    return
  }
  afterChanges(env, (isUnchanged, error) => {
    if (error) reject(error)
    else decide(isUnchanged ? before : find())
  })
}

const ignore = () => {}

/**
 * Calls back once everything is applied that any process committed before the call. `isUnchanged`: what was cached at the
 * call still is, and is as current as it was.
 */
export function afterChanges(env: Env, done: (isUnchanged: boolean, error?: Error) => void): void {
  const tracking = trackingOf(env)
  const { changes } = tracking
  // Another history of the database has another tracking.
  catchUp(env, (error) => done(trackingOf(env) === tracking && changes === tracking.changes, error))
}
