import { counted, whole } from './numbers.ts'

/** How urgent it is for a single device. What stops a rollout outweighs what a rollout leaves behind. */
const URGENCY = {
  tripped: 100,
  many_failures: 80,
  paused: 50,
  awaiting_approval: 50,
  late: 40,
  stuck: 40,
  shared_identities: 40,
  many_without_artifact: 30,
  some_failures: 30,
  some_without_artifact: 15,
  pending: 20,
  silent: 20,
  few_failures: 10,
} as const
export type Concern = keyof typeof URGENCY

/** `affected`: the devices that it concerns. `of`: those that it could concern. */
export type Extent = { affected: number; of: number }

/**
 * What something that needs attention weighs: by its urgency, by the share of the devices that it concerns, and by their
 * number. Ten times the devices weigh about a third more, all of them twice as much as a few.
 */
export function weightOf(concern: Concern, { affected, of }: Extent): number {
  const share = of > 0 ? Math.min(affected / of, 1) : 0
  return Math.round(URGENCY[concern] * (1 + share) * Math.log10(10 + affected))
}

/** `5 devices have been updating for more than ten times the usual 4 minutes.` */
export function lateText({ count, usual_seconds }: { count: number; usual_seconds: number }): string {
  const minutes = Math.round(usual_seconds / 60)
  const usual = minutes === 0 ? counted(usual_seconds, 'second') : counted(minutes, 'minute')
  return `${whole(count)} ${count === 1 ? 'device has' : 'devices have'} been updating for more than ten times the usual ${usual}.`
}
