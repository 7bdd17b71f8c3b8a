/** Soon for a device, for which nobody waits, and late enough for a short burst to be over. */
const SOONEST_S = 30
const LATEST_S = 3600
/** As much of what can be answered is kept for those who come back. */
const PART_KEPT = 0.5
/** Where less is answered, it is not because of those who ask. */
const SLOWEST_PER_S = 100
const MEASURED_OVER_S = 1

type Moment = { now_s: number; answered_per_s: number; chance: number }

/**
 * In how many seconds one refused is to come back: each is given a place in a line that moves half as fast as requests are
 * answered. So they come back spread over what it takes to answer them, however many they are, and the rest is for those
 * who ask for the first time. `now_s` may begin anywhere; `chance` is 0 to 1, anew each time.
 */
export function retrySchedule(): (moment: Moment) => number {
  let last_place_s = 0
  return ({ now_s, answered_per_s, chance }) => {
    const pace = Math.max(answered_per_s * PART_KEPT, SLOWEST_PER_S)
    const place_s = Math.min(Math.max(last_place_s, now_s) + 1 / pace, now_s + LATEST_S)
    last_place_s = place_s
    const line_s = place_s - now_s
    // Also those of a line that can grow no longer are spread.
    return Math.floor(SOONEST_S + line_s + chance * Math.max(SOONEST_S, line_s))
  }
}

/** The same by the clock and by what is answered in fact. */
export function retryLater() {
  const appoint = retrySchedule()
  let answered = 0
  let answered_per_s = 0
  let since_s = 0
  return {
    noteAnswer: () => {
      answered++
    },
    retryAfter: (): number => {
      const now_s = performance.now() / 1000
      const passed_s = now_s - since_s
      if (passed_s > MEASURED_OVER_S) {
        answered_per_s = answered / passed_s
        answered = 0
        since_s = now_s
      }
      return appoint({ now_s, answered_per_s, chance: Math.random() })
    },
  }
}
