import { counted, whole } from '../../../src/texts/numbers.ts'
import type { Deployment } from '../../api/deployments.ts'
import { devicesIn, inProgressOf, nextPhaseOf, notStartedOf } from './numbers.ts'

/** `Phase 2 (203 devices)` */
export function phaseName(deployment: Deployment, number: number): string {
  const devices = devicesIn(deployment, number - 1)
  return `Phase ${number} (${devices === undefined ? 'all further devices' : counted(devices, 'device')})`
}

/** `12 devices in progress continue.` */
function inProgressText(deployment: Deployment): string {
  const devices = inProgressOf(deployment)
  return devices === 0
    ? 'No devices are in progress.'
    : `${counted(devices, 'device')} in progress ${devices === 1 ? 'continues' : 'continue'}.`
}

/** What does not happen while the rollout is paused. */
export function pausedTexts(deployment: Deployment, now: number): string[] {
  const next = nextPhaseOf(deployment, now)
  const left = notStartedOf(deployment)
  const phase = next && `${phaseName(deployment, next.number)} will not open.`
  const others =
    left === undefined
      ? 'No other device starts.'
      : left === 0
        ? 'All target devices have started.'
        : `${counted(left, 'device')} not started yet ${left === 1 ? 'waits' : 'wait'}.`
  return [phase ?? others, inProgressText(deployment)]
}

/** The devices that may start if nothing holds them back. */
export function startableText(deployment: Deployment, now: number): string {
  const left = notStartedOf(deployment)
  if (left === 0) return 'All target devices have started.'
  const next = nextPhaseOf(deployment, now)
  const some = left === undefined ? 'Other devices' : counted(left, 'device')
  const text = `${some} not started yet can start, as far as phases and limits allow.`
  return next ? `${text} ${phaseName(deployment, next.number)} can open.` : text
}

/** `33 failed devices` with its query, by how they failed. */
export function failedParts({ statistics, rollout }: Deployment): { text: string; status: string }[] {
  const { timed_out, unconfirmed_in_time } = rollout
  return [
    { count: statistics.status.failure, status: 'failure', noun: 'failed' },
    { count: timed_out, status: 'timed_out', noun: 'timed out' },
    { count: unconfirmed_in_time, status: 'unconfirmed', noun: 'not confirmed' },
  ]
    .filter(({ count }) => count > 0)
    .map(({ count, status, noun }) => ({ text: `${whole(count)} ${noun}`, status }))
}

/** What the abort did. */
export function abortedText({ statistics: { status } }: Deployment): string {
  const were = status.aborted === 1 ? 'was' : 'were'
  const stopped = `${counted(status.aborted, 'device')} in progress ${were} stopped`
  return `${stopped}, ${whole(status.success)} had been updated, ${whole(status.failure)} had failed. No other devices will be offered this update.`
}
