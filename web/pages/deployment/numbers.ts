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
  touchedOf(deployment) > 0 && !deployment.rolled_back_by && !deployment.history_removed

type WaitingPhase = {
  /** From 1. */
  number: number
  /** The devices that it takes; undefined: no limit. */
  devices: number | undefined
}

/** The first phase that is not open yet; undefined: there is none. */
export function nextPhaseOf(deployment: Deployment, now: number): WaitingPhase | undefined {
  const { phases = [] } = deployment
  const index = openPhases(phases, now).indexOf(false)
  const phase = phases[index]
  return phase && { number: index + 1, devices: devicesIn(deployment, index) }
}

/** The devices that a phase takes; undefined: no limit. */
export function devicesIn({ phases = [], max_devices }: Deployment, index: number): number | undefined {
  const capacity = phases[index]?.capacity
  if (capacity !== undefined || !max_devices) return capacity
  const others = phases.reduce((total, phase) => total + (phase.capacity ?? 0), 0)
  return Math.max(0, max_devices - others)
}
