import { counted, percent, whole } from '../../src/texts/numbers.ts'
import { endedIn, totalOf } from '../../src/texts/progress.ts'
import { rolloutStateStyle } from '../../src/texts/rollouts.ts'
import { DEPLOYMENT_STATUS_STYLES, type StatusStyle } from '../../src/texts/statuses.ts'
import type { Deployment, Phase } from '../api/deployments.ts'

/** The status of the API, except that aborted deployments are not `finished`. */
export const stateOf = ({ aborted, status }: Deployment): string => (aborted ? 'aborted' : String(status))

/** The style of the state: paused and held deployments are shown as such. */
export function styleOf(deployment: Deployment): StatusStyle | undefined {
  const { rollout } = deployment
  const isStopped = rollout.state === 'paused' || rollout.state === 'held'
  return isStopped ? rolloutStateStyle(rollout) : DEPLOYMENT_STATUS_STYLES[stateOf(deployment)]
}

/** The state in the title of a browser tab: `62 %`, `Paused at 62 %`, `Finished`. */
export function tabState(deployment: Deployment): string {
  const label = styleOf(deployment)?.label ?? stateOf(deployment)
  const { status, statistics, rollout } = deployment
  if (isOver(deployment) || status === 'scheduled') return label
  const progress = percent(endedIn(statistics.status), totalOf(deployment))
  return rollout.state === 'running' ? progress : `${label} at ${progress}`
}

export const isOver = ({ status }: Deployment): boolean => status === 'finished'

/** The target devices in a few words. */
export function targetText({ filter, dynamic, groups, initial_device_count }: Deployment): string {
  if (dynamic && filter) return `devices matching ${filter.name}`
  const devices = counted(initial_device_count, 'device')
  return groups.length > 0 ? `${devices} in group ${groups.join(', ')}` : devices
}

/** Which phases are open: their time has come, and the gates of all phases before them are open. */
export function openPhases(phases: readonly Phase[], now: number): boolean[] {
  let isOpen = true
  return phases.map(({ start_ts }, i) => {
    const { gate, progress } = phases[i - 1] ?? {}
    isOpen &&= (start_ts === undefined || Date.parse(start_ts) <= now) && (!gate || progress?.state === 'open')
    return isOpen
  })
}

export const startOf = ({ phases, created }: Deployment): string => phases?.[0]?.start_ts ?? created

/** `1`, `up to 3` */
export const attemptsText = (attempts: number): string => (attempts === 1 ? '1' : `up to ${whole(attempts)}`)
