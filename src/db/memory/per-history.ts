import type { Env } from '../../env.ts'
import { perObject } from './per-object.ts'

/**
 * As `perEnv`, for what is valid at a version of a row: created again when the database has another history. What is to
 * be put into it must have been read since `env.db.history()` was what it is (`src/db/history.ts`).
 */
export function perHistory<Value>(create: (env: Env) => Value): (env: Env) => Value {
  const heldOf = perObject((env: Env) => ({ history: env.db.history(), value: create(env) }))
  return (env) => {
    const held = heldOf(env)
    const history = env.db.history()
    if (held.history !== history) Object.assign(held, { history, value: create(env) })
    return held.value
  }
}
