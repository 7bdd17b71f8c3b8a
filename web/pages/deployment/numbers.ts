import { endedIn } from '../../../src/texts/progress.ts'
import type { Deployment } from '../../api/deployments.ts'
import { openPhases } from '../../parts/deployment-text.ts'

/** Devices that have failed, in whatever way. */
export const failedOf = ({ statistics, rollout }: Deployment): number =>
  statistics.status.failure + rollout.timed_out + rollout.unconfirmed_in_time

/** Devices that have started and not ended. */
export const inProgressOf = ({ statistics, device_count }: Deployment): number =>
  device_count - endedIn(statistics.status)

/** Devices that have not started; undefined: no limit, because devices may match later. */
export const notStartedOf = ({ max_devices, device_count, dynamic }: Deployment): number | undefined =>
  max_devices ? Math.max(0, max_devices - device_count) : dynamic ? undefined : 0

/** Devices that have had an offer. */
export const touchedOf = ({ device_count, statistics: { status } }: Deployment): number =>
  device_count - status.noartifact - status['already-installed']

/** Whether there is something to roll back. */
export const mayRollBack = (deployment: Deployment): boolean =>
  deployment.type === 'software' &&
  touchedOf(deployment) > 0 &&
  !deployment.rolled_back_by &&
  !deployment.history_removed

/** The number of the first phase that is not open yet; undefined: there is none. */
export function nextPhaseOf({ phases = [] }: Deployment, now: number): number | undefined {
  const index = openPhases(phases, now).indexOf(false)
  return index < 0 ? undefined : index + 1
}

/** Devices that have not started, or that a phase takes. `isOpenEnded`: and any that match the filter later. */
export type Expected = { devices: number; isOpenEnded: boolean }

export function expectedOf(deployment: Deployment): Expected {
  const { initial_device_count, device_count } = deployment
  const left = notStartedOf(deployment)
  const isOpenEnded = left === undefined
  return { devices: left ?? Math.max(0, initial_device_count - device_count), isOpenEnded }
}

/** `index`: of the phase. */
export function expectedIn({ phases = [], max_devices, initial_device_count }: Deployment, index: number): Expected {
  const capacity = phases[index]?.capacity
  if (capacity !== undefined) return { devices: capacity, isOpenEnded: false }
  const others = phases.reduce((total, phase) => total + (phase.capacity ?? 0), 0)
  return { devices: Math.max(0, (max_devices ?? initial_device_count) - others), isOpenEnded: !max_devices }
}
