/**
 * Returns a function that returns true at most once in `interval_ms` for each key. For log lines: when the database is
 * away, every request of a fleet fails for the same reason.
 */
export function throttle(interval_ms: number): (key?: string) => boolean {
  const last = new Map<string, number>()
  return (key = '') => {
    const now = performance.now()
    if (now - (last.get(key) ?? Number.NEGATIVE_INFINITY) < interval_ms) return false
    last.set(key, now)
    return true
  }
}
