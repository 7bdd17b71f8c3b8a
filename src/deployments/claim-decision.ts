import type { Assignment } from './assignment.ts'
import { downloadSize } from './device-deployment.ts'
import type { DeviceStatus } from './device-status.ts'
import type { PhaseState } from './phases.ts'
import { addDevice, applyTransition, type Progress, type Transition } from './progress.ts'
import { type NoCapacity, noCapacity, type RemainingCapacity, remainingCapacity } from './remaining-capacity.ts'

/** The newest row of a device in the deployment, if its history was deleted. */
export type FormerRow = { status: DeviceStatus; phase_index: number | null }

export type Eligibility = {
  is_eligible: boolean
  former: FormerRow | null
  /** Whether an unfinished row belongs to an aborted deployment and does not say so yet. */
  has_unwritten_abort: boolean
}

/** What a claim depends on, as it is under the locks of the device and the deployment. */
export type ClaimState = {
  /** Identifies the device within the batch. */
  device: string
  /** Undefined: the device has been removed. */
  eligibility: Eligibility | undefined
  /** Undefined: the deployment has been removed. */
  progress: Progress | undefined
  /** Claims of a batch on the same deployment share one array, as they share `progress`. */
  phases: PhaseState[]
  /** Static deployments count their devices as pending from creation on. */
  is_static: boolean
  assignment: Assignment
}

export type Assigned = {
  kind: 'assigned'
  assignment: Assignment
  transition: Transition
  /** False: the device was assigned before, and its history was deleted since. */
  is_new: boolean
}

/** Stale: the device has changed since it was evaluated, so it must be evaluated again. */
export type ClaimDecision = Assigned | NoCapacity | { kind: 'stale' }

const STALE = { kind: 'stale' } as const

/**
 * Decides a batch in order: each claim sees the counters as the previous ones leave them, and a device is assigned at
 * most once. Updates the progress and the phases in place.
 */
export function decideClaims(claims: readonly ClaimState[], now: string): ClaimDecision[] {
  const assigned = new Set<string>()
  return claims.map((claim) => {
    if (assigned.has(claim.device)) return STALE
    const decision = decideClaim(claim, now)
    if (decision.kind === 'assigned' && claim.progress) {
      assigned.add(claim.device)
      applyClaim(claim, claim.progress, { decision, now })
    }
    return decision
  })
}

export function decideClaim({ eligibility, progress, phases, assignment }: ClaimState, now: string): ClaimDecision {
  if (!eligibility?.is_eligible) return STALE
  if (!progress) return noCapacity('never', phases, now)
  const { former } = eligibility
  const capacity = former ? formerCapacity(progress, former) : remainingCapacity(progress, phases, now)
  if (capacity === 'later' || capacity === 'never') return noCapacity(capacity, phases, now)
  const transition = { from: former?.status ?? 'pending', to: assignment.status, phase_index: capacity.phase }
  return { kind: 'assigned', assignment, transition, is_new: former === null }
}

/** A device whose history was deleted stays in its phase, and is counted once, by its newest status. */
const formerCapacity = ({ finished }: Progress, { phase_index }: FormerRow): RemainingCapacity =>
  finished === null ? { phase: phase_index } : 'never'

function applyClaim(
  { phases, is_static }: ClaimState,
  progress: Progress,
  { decision, now }: { decision: Assigned; now: string },
) {
  const { assignment, transition, is_new } = decision
  const { phase_index } = transition
  if (is_new) {
    addDevice(progress, { is_listed: is_static, phase_index })
    const phase = phase_index === null ? undefined : phases[phase_index]
    if (phase) phase.device_count++
  }
  applyTransition(progress, transition, now)
  progress.total_size += downloadSize({ status: assignment.status, image: assignment.artifact })
}
