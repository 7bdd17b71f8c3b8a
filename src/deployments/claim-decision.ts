import type { Assignment } from './assignment.ts'
import { downloadSize } from './device-deployment.ts'
import type { DeviceStatus } from './device-status.ts'
import { type Download, fullLimit, take } from './downloads.ts'
import { pinEnds } from './pin.ts'
import { addDevice, type Progress, type Transition } from './progress.ts'
import {
  NEVER,
  type NoCapacity,
  noCapacity,
  noCapacityYet,
  type RemainingCapacity,
  remainingCapacity,
} from './remaining-capacity.ts'
import { type Confirmation, failedSince, standingOf } from './standing.ts'
import { advance, applyTransition, noteOffer, obstacleOf } from './supervision.ts'

/** The newest row of a device in the deployment, if its history was deleted. */
export type FormerRow = {
  status: DeviceStatus
  phase_index: number | null
  finished: string | null
  timed_out: string | null
  confirmation: Confirmation | null
}

export type Eligibility = {
  is_eligible: boolean
  former: FormerRow | null
  /** Whether an unfinished row belongs to an aborted deployment and does not say so yet. */
  has_unwritten_abort: boolean
  /** As `devices.pinned_until`. */
  pinned_until: string | null
}

/** What a claim depends on, as it is under the locks of the device and the deployment. */
export type ClaimState = {
  /** Identifies the device within the batch. */
  device: string
  /** Undefined: the device has been removed. */
  eligibility: Eligibility | undefined
  /** Undefined: the deployment has been removed. Claims of a batch on the same deployment share one object. */
  progress: Progress | undefined
  /** The phase of the device, if it is named or has a rank. */
  fixed_phase: number | null
  /** Static deployments count their devices as pending from creation on. */
  is_static: boolean
  /** What keeps the device from offers at this time of day. */
  closed?: NoCapacity | undefined
  /** If downloads are limited. Claims of a batch share what is running. */
  download?: Download | undefined
  /** Chooses the artifact: called only if the device can be assigned. */
  assign: () => Assignment
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

/**
 * Whether a poll goes on to the next deployment, as the deployment never takes the device. Any other would raise the
 * baseline of the device, which then never gets this one.
 */
export const isPassedOver = (decision: ClaimDecision): boolean =>
  decision.kind === 'no_capacity' && decision.reason === 'never'

const STALE = { kind: 'stale' } as const

/**
 * Decides a batch in order: each claim sees the counters as the previous ones leave them, and a device is assigned at
 * most once. Updates the progress in place.
 */
export function decideClaims(claims: readonly ClaimState[], now: string): ClaimDecision[] {
  for (const progress of new Set(claims.map((claim) => claim.progress))) if (progress) advance(progress, now)
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

/**
 * Also what an explanation goes by. That the deployment never takes the device comes first: a poll then goes on to the
 * next one, whatever else holds.
 */
export function decideClaim(state: ClaimState, now: string): ClaimDecision {
  const { eligibility, progress, fixed_phase, closed, download, assign } = state
  if (!eligibility?.is_eligible) return STALE
  if (!progress) return NEVER
  const { former } = eligibility
  const capacity = former ? formerCapacity(progress, former) : remainingCapacity(progress, fixed_phase, now)
  if (capacity === 'never') return NEVER
  const pinned_ms = pinEnds(eligibility.pinned_until, now)
  if (pinned_ms !== undefined) return noCapacity('pinned', pinned_ms)
  // A paused deployment assigns nothing, not even devices that need no update.
  const obstacle = obstacleOf(progress, now, { is_first: true })
  if (obstacle?.reason === 'paused') return noCapacity('paused', obstacle.until_ms)
  if (capacity === 'later') return noCapacityYet(progress.phases, fixed_phase, now)
  if (closed) return closed
  const assignment = assign()
  if (obstacle && assignment.status === 'pending') return noCapacity(obstacle.reason, obstacle.until_ms)
  // Any download may end at any moment.
  if (assignment.status === 'pending' && download && fullLimit(download))
    return noCapacity('downloads', Date.parse(now))
  const before = former ? leaving(former) : { from: 'pending' as const }
  const transition = { ...before, to: assignment.status, phase_index: capacity.phase }
  return { kind: 'assigned', assignment, transition, is_new: former === null }
}

/** A device whose history was deleted stays in its phase, and is counted once, by its newest status. */
const formerCapacity = ({ finished }: Progress, { phase_index }: FormerRow): RemainingCapacity =>
  finished === null ? { phase: phase_index } : 'never'

function leaving(former: FormerRow) {
  const row = { ...former, attempt_begun: true }
  return { from: former.status, left: standingOf(row), failed_since: failedSince(row) }
}

function applyClaim(
  { is_static, download }: ClaimState,
  progress: Progress,
  { decision, now }: { decision: Assigned; now: string },
) {
  const { assignment, transition, is_new } = decision
  if (is_new) addDevice(progress, { is_listed: is_static, phase_index: transition.phase_index })
  if (assignment.status === 'pending') {
    noteOffer(progress, now)
    if (download) take(download)
  }
  applyTransition(progress, transition, now)
  progress.total_size += downloadSize({ status: assignment.status, image: assignment.artifact })
}
