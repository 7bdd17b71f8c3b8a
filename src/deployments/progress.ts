import type { DeploymentType } from './deployment-type.ts'
import { ACTIVE_STATUSES, type DeviceStatus, FINAL_STATUSES } from './device-status.ts'
import type { PhaseState } from './phase-state.ts'
import type { By, Trip } from './rollout/answers.ts'
import type { PolicyTally } from './rollout/failure-policy.ts'
import type { RecentOffers } from './rollout/offer-rate.ts'
import type { RolloutRules } from './rollout/rules.ts'
import { noStandings, type Standing, type StandingCounts } from './standing.ts'
import { type Counters, noCounts } from './statistics.ts'

/** What changes during a deployment: a row of deployment_progress. */
export type Progress = Counters &
  StandingCounts & {
    tenant_id: string
    deployment_id: string
    device_count: number
    total_size: number
    started: boolean
    finished: string | null
    /** Whether it was finished when the row was locked, or last saved. */
    was_finished: boolean
    /** Whether it took devices when the row was locked, or last saved. */
    took_devices: boolean
    /** When a device was last assigned, or last reported something new. */
    last_activity: string | null
    was_aborted: boolean
    /** The deployment is aborted, and not all rows of its devices say so yet. */
    abort_unwritten: boolean
    /** No device gets its first offer or another attempt, since this time. */
    paused_at: string | null
    /** `id` is `failure-policy` if no user paused it. */
    paused_by: By | null
    pause_reason: string | null
    /** How the failure policy stopped the deployment last. */
    trip: StoredTrip | null
    policy_base: PolicyBase | null
    recent_offers: RecentOffers | null
    rolled_back_by: string | null
    /** The deployment finishes after this many devices; null: it never finishes by itself. */
    max_devices: number | null
    retries: number
    dynamic: boolean
    type: DeploymentType
    /** Null: the deployment has no rules but its phases. */
    rollout: RolloutRules | null
    /** In their order. Empty if nothing that the transaction does depends on them. */
    phases: PhaseState[]
    /** Added to the counters of the phases when the row is saved, by phase index. */
    phase_deltas: Map<number, PhaseDelta>
    /** Phases with gates that changed, by index, and what happened: both are saved with the row. */
    changed_phases: Set<number>
    happened: RolloutEvent[]
  }

/** As stored: the phase by its index. */
export type StoredTrip = Omit<Trip, 'phase_id' | 'phase'> & { phase_index?: number }

/** What the policy does not count: what had ended when somebody resumed the deployment. */
export type PolicyBase = { at: string; deployment: PolicyTally; phases: PolicyTally[] }

/** Something that a rollout did by itself. */
export type RolloutEvent =
  | { kind: 'gate_opened' | 'phase_opened'; phase: number; at: string }
  | { kind: 'tripped'; trip: StoredTrip }

export type PhaseDelta = Counters & StandingCounts & { device_count: number }

/** A device that is assigned, to a phase if there are any, changes its status or its standing. */
export type Transition = {
  from: DeviceStatus
  to: DeviceStatus
  phase_index: number | null
  /** Absent: the status says all. */
  left?: Standing | undefined
  reached?: Standing | undefined
  /** Since when the device counted as failed, if it did. */
  failed_since?: string | undefined
  /** The device has done nothing: a time has passed. */
  is_silent?: boolean
}

/** Every status starts the deployment except these two. */
const NOT_STARTED: readonly DeviceStatus[] = ['pending', 'decommissioned']

/** Assigns a device, as pending. A device that was listed at creation has been counted as pending since then. */
export function addDevice(
  progress: Progress,
  { is_listed, phase_index }: { is_listed: boolean; phase_index: number | null },
): void {
  progress.device_count++
  if (!is_listed) progress.pending++
  if (phase_index === null) return
  const delta = deltaOf(progress, phase_index)
  delta.device_count++
  delta.pending++
  const phase = progress.phases[phase_index]
  if (!phase) return
  phase.device_count++
  if (phase.capacity !== null) phase.capacity = Math.max(phase.capacity, phase.device_count)
  if (phase.counts) phase.counts.pending++
}

export function countTransition(progress: Progress, { from, to, phase_index, left, reached }: Transition): void {
  const delta = phase_index === null ? undefined : deltaOf(progress, phase_index)
  const counts = phase_index === null ? undefined : progress.phases[phase_index]?.counts
  for (const counters of [progress, delta, counts]) {
    if (!counters) continue
    counters[from]--
    counters[to]++
    if (left) counters[left]--
    if (reached) counters[reached]++
  }
  if (from !== to && !NOT_STARTED.includes(to)) progress.started = true
}

export function finishIfComplete(progress: Progress, now: string): void {
  if (progress.finished === null && isComplete(progress)) progress.finished = now
}

function deltaOf({ phase_deltas }: Progress, phase_index: number): PhaseDelta {
  const delta = phase_deltas.get(phase_index) ?? { ...noCounts(), ...noStandings(), device_count: 0 }
  phase_deltas.set(phase_index, delta)
  return delta
}

/** Whether another device may be assigned, regardless of phases. */
export const takesDevices = ({
  finished,
  max_devices,
  device_count,
}: Pick<Progress, 'finished' | 'max_devices' | 'device_count'>): boolean =>
  finished === null && (max_devices === null || device_count < max_devices)

/** Every active device becomes aborted, and listed devices that never polled are no longer counted. */
export function abort(progress: Progress, now: string): void {
  const { device_count } = progress
  const final = endedOf(progress)
  for (const status of ACTIVE_STATUSES) progress[status] = 0
  progress.aborted += device_count - final
  progress.timed_out = 0
  progress.awaiting_retry = 0
  progress.abort_unwritten = device_count > final
  progress.finished = now
  progress.was_aborted = true
}

/** Number of devices with a final status. */
const endedOf = (progress: Counters): number => FINAL_STATUSES.reduce((sum, status) => sum + progress[status], 0)

const isComplete = (progress: Progress): boolean =>
  progress.max_devices !== null && progress.unconfirmed === 0 && endedOf(progress) >= progress.max_devices

/** Devices that have an offer and have not ended, or are to be confirmed. A device that timed out is none of them. */
export const inFlight = (counts: Counters & StandingCounts & { device_count: number }): number =>
  counts.device_count - endedOf(counts) - counts.timed_out - counts.awaiting_retry + counts.unconfirmed
