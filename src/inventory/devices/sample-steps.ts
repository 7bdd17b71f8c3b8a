const DAY_S = 24 * 60 * 60

/** Longer periods are shown in larger steps: at most about 750 points in a month. */
const STEPS = [
  { up_to_s: 2 * DAY_S, step_s: 300 },
  { up_to_s: 31 * DAY_S, step_s: 60 * 60 },
]

/** How many seconds apart the samples of a fleet are shown. */
export function stepOf(from: string, to: string): number {
  const period_s = (Date.parse(to) - Date.parse(from)) / 1000
  return STEPS.find(({ up_to_s }) => period_s <= up_to_s)?.step_s ?? DAY_S
}
