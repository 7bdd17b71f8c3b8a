import type { Env } from '../../env.ts'

/** Returns a function that holds one value for each object: created at the first call, released with the object. */
export function perObject<Key extends object, Value>(create: (key: Key) => Value): (key: Key) => Value {
  const values = new WeakMap<Key, Value>()
  return (key) => {
    const known = values.get(key)
    if (known !== undefined) return known
    const value = create(key)
    values.set(key, value)
    return value
  }
}

/**
 * State of this process that belongs to one server. A module variable would be shared: tests start several in one
 * process.
 */
export const perEnv = <Value>(create: (env: Env) => Value): ((env: Env) => Value) => perObject(create)
