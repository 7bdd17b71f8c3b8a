import { counted, whole } from '../../../src/texts/numbers.ts'
import { isTripped } from '../../../src/texts/rollouts.ts'
import type { Deployment } from '../../api/deployments.ts'
import { type Expected, expectedIn, expectedOf, inProgressOf, nextPhaseOf } from './numbers.ts'

/** `203 devices`, `203 devices and any that match later` */
export function expectedText({ devices, isOpenEnded }: Expected): string {
  if (isOpenEnded && devices === 0) return 'Devices that match later'
  return `${counted(devices, 'device')}${isOpenEnded ? ' and any that match later' : ''}`
}

/** `Phase 2 (203 devices)` */
export const phaseName = (deployment: Deployment, number: number): string =>
  `Phase ${number} (${expectedText(expectedIn(deployment, number - 1))})`

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
  return [
    next ? `${phaseName(deployment, next)} will not open.` : waitingText(expectedOf(deployment)),
    inProgressText(deployment),
  ]
}

const HELD_TITLES: Readonly<Record<string, string>> = {
  gate: 'Waiting for results',
  soak: 'Soaking',
  verdict: 'Waiting for a verdict',
  approval: 'Waiting for approval',
  window: 'Waiting for the hours of updates',
}

/** The state of an unfinished deployment and its consequence, in one line. */
export function stateText(deployment: Deployment): string {
  const { rollout } = deployment
  const expected = expectedOf(deployment)
  const keep = expected.devices === 1 ? 'keeps' : 'keep'
  const kept = expected.devices > 0 ? `${counted(expected.devices, 'device')} ${keep} the old release` : ''
  if (rollout.state === 'paused') {
    const by = isTripped(rollout) ? ' by the failure policy' : rollout.by?.email ? ` by ${rollout.by.email}` : ''
    return `Paused${by}: ${kept ? `${kept}, ` : ''}nothing else is offered`
  }
  if (rollout.state === 'held') {
    const title = HELD_TITLES[rollout.reason?.code ?? ''] ?? 'Waiting'
    return kept ? `${title}: ${kept} until then` : title
  }
  return `Running: ${
    failedParts(deployment)
      .map(({ text }) => text)
      .join(', ') || 'no failures'
  }`
}

function waitingText({ devices, isOpenEnded }: Expected): string {
  if (isOpenEnded && devices === 0) return 'Devices that match later wait.'
  if (devices === 0) return 'All target devices have started.'
  return `${counted(devices, 'device')} not started yet ${devices === 1 ? 'waits' : 'wait'}.`
}

/** The devices that may start if nothing holds them back. */
export function startableText(deployment: Deployment, now: number): string {
  const expected = expectedOf(deployment)
  if (expected.devices === 0 && !expected.isOpenEnded) return 'All target devices have started.'
  const next = nextPhaseOf(deployment, now)
  const text = `${expectedText(expected)} can start, as far as phases and limits allow.`
  return next ? `${text} ${phaseName(deployment, next)} can open.` : text
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
  const ended = `${whole(status.success)} had been updated, ${whole(status.failure)} had failed`
  return `${stopped}, ${ended}. No other devices will be offered this update.`
}
