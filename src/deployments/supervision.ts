import { moveGates, tally } from './phase-state.ts'
import { abort, countTransition, finishIfComplete, inFlight, type Progress, type Transition } from './progress.ts'
import { type Limit, limitReached, type PolicyTally } from './rollout/failure-policy.ts'
import { nextOfferAt, offersLeft, withOffers } from './rollout/offer-rate.ts'

/** As the actor of what a failure policy does. */
export const FAILURE_POLICY = { id: 'failure-policy' } as const

/** Brings the gates to `now`. Before a transaction changes anything, so that what opened by time alone stays open. */
export function advance(progress: Progress, now: string): void {
  if (!progress.rollout?.has_gates || progress.finished !== null) return
  const { events, changed } = moveGates(progress.phases, now)
  progress.happened.push(...events)
  for (const phase of changed) progress.changed_phases.add(phase)
}

/** Counts a change of a device and decides what follows: the policy, the gates, the end of the deployment. */
export function applyTransition(progress: Progress, transition: Transition, now: string): void {
  countTransition(progress, transition)
  leaveBase(progress, transition)
  if (!transition.is_silent) progress.last_activity = now
  const was_open = progress.finished === null
  checkPolicy(progress, now)
  if (progress.finished === null) advance(progress, now)
  // An abort by the policy has finished it.
  if (was_open) finishIfComplete(progress, now)
}

/** Stops the deployment if its devices have reached a limit. A policy that has tripped waits for somebody to resume. */
function checkPolicy(progress: Progress, now: string): void {
  const policy = progress.rollout?.failure_policy
  if (!policy || progress.finished !== null || !isArmed(progress)) return
  for (const { phase_index, counts, base } of counted(progress)) {
    const all = tally(counts)
    const limit = limitReached(policy, { ended: all.ended - base.ended, failed: all.failed - base.failed })
    if (!limit) continue
    trip(progress, { ...NUMBERS[limit.kind], limit, phase_index, base, now })
    return
  }
}

/** A device that had failed before the last resume, and now counts as something else, counts as any other again. */
function leaveBase({ policy_base: base }: Progress, { failed_since, phase_index }: Transition): void {
  if (!base || failed_since === undefined || failed_since > base.at) return
  const phase = phase_index === null ? undefined : base.phases[phase_index]
  for (const tallied of [base.deployment, phase]) {
    if (!tallied) continue
    tallied.failed--
    tallied.ended--
  }
}

/** Whether the failure policy may trip: since the last trip somebody has resumed the deployment. */
export const isArmed = ({ trip: last }: Pick<Progress, 'trip'>): boolean =>
  last === null || last.resumed_at !== undefined

const NUMBERS = { failures: { code: 'max_failures' }, percent: { code: 'max_failure_percent' } } as const

const NONE: PolicyTally = { ended: 0, failed: 0 }

/** What the policy counts separately: each phase, or the deployment. */
function counted(progress: Progress) {
  const { phases, policy_base } = progress
  if (phases.length === 0 || progress.rollout?.failure_policy?.scope === 'deployment')
    return [{ phase_index: undefined, counts: progress, base: policy_base?.deployment ?? NONE }]
  return phases.map((phase, i) => ({
    phase_index: i,
    counts: phase.counts ?? progress,
    base: policy_base?.phases[i] ?? NONE,
  }))
}

type Cause = {
  code: 'max_failures' | 'max_failure_percent' | 'verdict_failed'
  limit?: Limit
  phase_index?: number | undefined
  /** What is not counted: what had ended before the last resume. */
  base?: PolicyTally
  program?: string
  reason?: string
  now: string
}

/** Stops the deployment as its policy says; without a policy it is paused. The trip is recorded with its numbers. */
export function trip(progress: Progress, cause: Cause): void {
  const { code, limit, phase_index, base = NONE, program, reason, now } = cause
  const action = progress.rollout?.failure_policy?.action ?? 'pause'
  const counts = (phase_index === undefined ? undefined : progress.phases[phase_index]?.counts) ?? progress
  const all = tally(counts)
  const failed = all.failed - base.failed
  progress.trip = {
    ...{ at: now, code, action, failed, ended: all.ended - base.ended },
    // These may have failed before the last resume.
    ...{ timed_out: Math.min(counts.timed_out, failed), unconfirmed: Math.min(counts.confirmation_missed, failed) },
    ...(base.ended > 0 && progress.policy_base ? { counted_since: progress.policy_base.at } : {}),
    ...(limit === undefined ? {} : { limit: limit.limit }),
    ...(phase_index === undefined ? {} : { phase_index }),
    ...(program === undefined ? {} : { program }),
  }
  progress.happened.push({ kind: 'tripped', trip: progress.trip })
  if (action !== 'pause') abort(progress, now)
  else if (progress.paused_at === null)
    Object.assign(progress, { paused_at: now, paused_by: FAILURE_POLICY, pause_reason: reason ?? null })
}

/** Ends a pause. The policy counts only what fails from now on. */
export function resumeRollout(progress: Progress, now: string): void {
  Object.assign(progress, { paused_at: null, paused_by: null, pause_reason: null })
  if (progress.trip && !isArmed(progress)) progress.trip = { ...progress.trip, resumed_at: now }
  const { ended, failed } = tally(progress)
  progress.policy_base = {
    at: now,
    deployment: { ended, failed },
    phases: progress.phases.map(({ counts }) => {
      const of = counts ? tally(counts) : NONE
      return { ended: of.ended, failed: of.failed }
    }),
  }
}

export type Obstacle = { reason: 'paused' | 'in_flight' | 'rate'; until_ms: number }

/**
 * `leaving`: the device is in flight with an attempt that ends by this. `is_first`: for its first offer. Devices that
 * wait for another attempt have not ended, so they keep their places from others: however often each device fails, no
 * more devices have had an offer when the failure policy trips.
 */
type OfferTo = { leaving?: number; is_first?: boolean }

/** What keeps a device from its first offer or another attempt, apart from phases. */
export function obstacleOf(
  progress: Progress,
  now: string,
  { leaving = 0, is_first = false }: OfferTo = {},
): Obstacle | undefined {
  const { rollout, recent_offers } = progress
  if (progress.paused_at !== null) return { reason: 'paused', until_ms: Number.POSITIVE_INFINITY }
  if (rollout === null) return undefined
  const now_ms = Date.parse(now)
  const taken = inFlight(progress) - leaving + (is_first ? progress.awaiting_retry : 0)
  if (rollout.in_flight_limit !== undefined && taken >= rollout.in_flight_limit)
    // A report of any device may end this at any moment.
    return { reason: 'in_flight', until_ms: now_ms }
  const per_minute = rollout.offers_per_minute
  if (per_minute !== undefined && offersLeft(recent_offers ?? [], per_minute, now_ms) <= 0)
    return { reason: 'rate', until_ms: nextOfferAt(recent_offers ?? [], now_ms) }
  return undefined
}

/** Counts an offer towards the rate. */
export function noteOffer(progress: Progress, now: string): void {
  if (progress.rollout?.offers_per_minute === undefined) return
  progress.recent_offers = withOffers(progress.recent_offers ?? [], 1, Date.parse(now))
}
