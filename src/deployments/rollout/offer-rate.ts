/** Offers of the last minute: how many by each second, in order. A second is written as milliseconds of its end. */
export type RecentOffers = readonly (readonly [until_ms: number, count: number])[]

const WINDOW_MS = 60_000
const BUCKET_MS = 1000

/**
 * An offer counts until a minute after the end of its second, so no 60 s hold more than the limit, and the list has at
 * most 61 entries.
 */
export function withOffers(recent: RecentOffers, count: number, now_ms: number): RecentOffers {
  const kept = current(recent, now_ms)
  const until_ms = (Math.floor(now_ms / BUCKET_MS) + 1) * BUCKET_MS
  const last = kept.at(-1)
  // The clock of another process may be ahead.
  if (last && last[0] >= until_ms) return [...kept.slice(0, -1), [last[0], last[1] + count]]
  return [...kept, [until_ms, count]]
}

/** How many more offers a minute allows now. */
export const offersLeft = (recent: RecentOffers, per_minute: number, now_ms: number): number =>
  per_minute - current(recent, now_ms).reduce((sum, [, count]) => sum + count, 0)

/** When the next offer is allowed, if none is now. */
export function nextOfferAt(recent: RecentOffers, now_ms: number): number {
  const [oldest] = current(recent, now_ms)
  return oldest ? oldest[0] + WINDOW_MS : now_ms
}

const current = (recent: RecentOffers, now_ms: number) => recent.filter(([until_ms]) => until_ms + WINDOW_MS > now_ms)
