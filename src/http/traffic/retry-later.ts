/** Soon for a device, for which no person waits, and late enough for a short burst to be over. */
const MIN_DELAY_S = 30
const MAX_DELAY_S = 3600
/** The share of the throughput that is planned for retries. */
const RETRY_SHARE = 0.5
/** A lower throughput is not caused by the requests. */
const MIN_RATE_PER_S = 100
const WINDOW_S = 1

/** `now_s` may count from any time; `random` is from 0 to 1. */
type Moment = { now_s: number; answered_per_s: number; random: number }

/**
 * Returns a function that says in how many seconds a refused request should be sent again. It assigns each retry the
 * next slot of a schedule for half of the throughput. So retries are spread over the time that it takes to answer them,
 * whatever their number, and the other half is left for first requests.
 */
export function retrySchedule(): (moment: Moment) => number {
  let last_slot_s = 0
  return ({ now_s, answered_per_s, random }) => {
    const rate_per_s = Math.max(answered_per_s * RETRY_SHARE, MIN_RATE_PER_S)
    const slot_s = Math.min(Math.max(last_slot_s, now_s) + 1 / rate_per_s, now_s + MAX_DELAY_S)
    last_slot_s = slot_s
    const delay_s = slot_s - now_s
    // Random also for a full schedule, in which all get the last slot.
    return Math.floor(MIN_DELAY_S + delay_s + random * Math.max(MIN_DELAY_S, delay_s))
  }
}

/** A schedule by the clock and the measured throughput. */
export function retryLater() {
  const delayOf = retrySchedule()
  let answered = 0
  let answered_per_s = 0
  let since_s = 0
  return {
    noteAnswer: () => {
      answered++
    },
    retryAfter: (): number => {
      const now_s = performance.now() / 1000
      const elapsed_s = now_s - since_s
      if (elapsed_s > WINDOW_S) {
        answered_per_s = answered / elapsed_s
        answered = 0
        since_s = now_s
      }
      return delayOf({ now_s, answered_per_s, random: Math.random() })
    },
  }
}
