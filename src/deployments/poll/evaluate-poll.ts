import type { Artifact } from '../../artifacts/artifact.ts'
import type { SelectionRules } from '../../artifacts/compatibility.ts'
import type { DeviceActor } from '../../auth/actor.ts'
import { planHas } from '../../auth/plan.ts'
import type { Lease } from '../../db/invalidations/device-cache.ts'
import { type Env, nowText } from '../../env.ts'
import { unauthorized } from '../../errors.ts'
import { recordCheckIn } from '../../inventory/attributes/check-ins.ts'
import { counter } from '../../metrics/metric.ts'
import type { ActiveDeployment } from '../active-deployment.ts'
import type { Assignment } from '../assignment.ts'
import { type Candidate, candidatesFor, type ForDevice, findUnfinished } from '../candidates.ts'
import { type ClaimDecision, isPassedOver } from '../claim-decision.ts'
import type { Provides } from '../device-deployment.ts'
import { downloadKey, limitsBytes } from '../download-limits.ts'
import { limitedDownload } from '../downloads.ts'
import { coversNeeds } from '../poll-needs.ts'
import { closedNow, type NoCapacity, ofOneDevice } from '../remaining-capacity.ts'
import { offeredArtifact, runsRelease } from '../resume-decision.ts'
import { activeDeployments, cachedNeeds } from './active-deployments.ts'
import { claim } from './claim.ts'
import { confirmDevice } from './confirm-device.ts'
import { type DeviceState, deviceState } from './device-state.ts'
import { findConfigurationOf } from './find-configuration.ts'
import { leaseIdle, rememberIdle } from './idle-devices.ts'
import { resume } from './resume.ts'

/** `rate_key`: what of the limit in bytes a second by attribute the download counts towards. */
export type Offer = { deployment: ActiveDeployment; artifact: Artifact; rate_key?: string }

/** Stale: something has changed since the evaluation read it, so the poll must be evaluated again. */
export type PollOutcome = { kind: 'offer'; offer: Offer } | { kind: 'no_update' } | { kind: 'stale' }

const NO_UPDATE = { kind: 'no_update' } as const
const STALE = { kind: 'stale' } as const

const claims = counter({
  name: 'muster_claims_total',
  help: 'Claims of devices on deployments, by the assigned status or why there is none (later, never, paused, in_flight, rate, pinned, downloads, stale)',
  labels: ['answer'],
})

/** What a device polls with. `polls_while_working`: as in `ResumeRequest`. */
export type PollRequest = { provides: Provides; polls_while_working: boolean }

/** What the evaluation of one poll is based on. */
type Poll = PollRequest &
  ForDevice & {
    device: DeviceActor
    rules: SelectionRules
    /** Taken before the state was read. */
    lease: Lease
    state: DeviceState
  }

/** Evaluates a poll once: continues what the device is working on, or else claims its candidates. */
export async function evaluatePoll(env: Env, device: DeviceActor, request: PollRequest): Promise<PollOutcome> {
  const { needs, version } = cachedNeeds(env, device.tenant_id)
  const lease = leaseIdle(env, device)
  const state = await deviceState(env, { device, needs })
  if (!state) throw unauthorized('unauthorized')
  recordCheckIn(env, device)
  const [active, configuration] = await Promise.all([
    activeDeployments(env, device.tenant_id, state),
    findConfigurationOf(env, device.tenant_id, state.facts),
  ])
  const rules = { depends: planHas(state.plan, 'artifact_depends'), dialect: state.facts.device.dialect }
  const poll = { device, ...request, rules, lease, state, active, configuration }

  // A deployment that this process did not know may need what was not read, a time zone for example.
  const is_complete = coversNeeds(needs, active.needs)
  const { current } = state
  const deployment = current && findUnfinished(poll, current.deployment_id)
  if (deployment) {
    if (!is_complete && deployment.rollout) return STALE
    return resumeCurrent(env, poll, { current, deployment })
  }
  // A deployment created since the device was read may be missing from its facts: claiming a newer one would skip it
  // permanently.
  if (state.deployments_version < active.complete_as_of || !is_complete) return STALE
  // On a cluster the device may have been read before a new deployment named it: `awaitTargets`.
  if (env.db.distribution.shards && active.version !== version) return STALE
  const is_confirmed = await confirmIfRunning(env, poll)
  return claimCandidates(env, poll, is_confirmed)
}

/** Returns whether no success of the device is left to be confirmed. */
async function confirmIfRunning(env: Env, { device, provides, state, active }: Poll): Promise<boolean> {
  const { unconfirmed } = state
  const deployment = unconfirmed && active.byId.get(unconfirmed.deployment_id)
  if (!unconfirmed || !deployment) return true
  if (!runsRelease(deployment, unconfirmed, provides)) return false
  await confirmDevice(env, { ...device, deployment_id: deployment.id })
  return true
}

type Current = { current: NonNullable<DeviceState['current']>; deployment: ActiveDeployment }

/** Continues the deployment that the device is working on. */
async function resumeCurrent(
  env: Env,
  { provides, polls_while_working, rules, state, active }: Poll,
  { current, deployment }: Current,
): Promise<PollOutcome> {
  const in_window = closedFor(env, { state, active }, deployment) === undefined
  // Outside of its window, a device that waits for its next attempt costs no transaction.
  if (!in_window && !current.attempt_begun) return NO_UPDATE
  const limited = limitedDownload(active.limits, state.facts.device)
  const request = { deployment, provides, rules, in_window, polls_while_working, limited }
  const artifact = offeredArtifact(current, request, nowText(env))
  if (artifact) return { kind: 'offer', offer: { deployment, artifact, ...rateKey({ state, active }) } }
  const outcome = await resume(env, current, request)
  if (outcome.kind === 'assigned') return offerOf(deployment, outcome.assignment, rateKey({ state, active }))
  return outcome.kind === 'waiting' ? NO_UPDATE : STALE
}

/** Claims the candidates, oldest first, until one of them assigns the device, or may later. */
async function claimCandidates(env: Env, poll: Poll, is_confirmed: boolean): Promise<PollOutcome> {
  const { device, lease, state, active } = poll
  let until_ms = Number.POSITIVE_INFINITY
  const candidates = candidatesFor(state.facts, poll, baselineOf(state))
  for (const candidate of candidates) {
    const outcome = await claimCandidate(env, poll, { ...candidate, is_last: candidate === candidates.at(-1) })
    if (outcome.kind === 'stale') return STALE
    if (outcome.kind === 'assigned') return offerOf(candidate.deployment, outcome.assignment, rateKey(poll))
    if (!isPassedOver(outcome)) {
      until_ms = outcome.until_ms
      break
    }
  }
  // The versions were read first. If they are older than what was evaluated, the next poll is evaluated again.
  if (!active.references_check_in && is_confirmed) rememberIdle(env, device, { ...state, until_ms, lease })
  return NO_UPDATE
}

async function claimCandidate(
  env: Env,
  { device: { tenant_id, device_id }, provides, rules, state, active }: Poll,
  { deployment, was_assigned, is_last }: Candidate & { is_last: boolean },
): Promise<ClaimDecision> {
  const fixed_phase = deployment.phaseOf(state.facts.device)
  const { version } = active
  const known = was_assigned ? undefined : knownNoCapacity(env, deployment, { fixed_phase, version })
  if (known) return known
  const closed = closedFor(env, { state, active }, deployment)
  // Only a claim finds that the deployment is full and holds up no other.
  if (closed && (is_last || !deployment.may_be_full)) return closed
  const limited = limitedDownload(active.limits, state.facts.device)
  const decision = await claim(env, { tenant_id, device_id, deployment, fixed_phase, limited, closed, provides, rules })
  claims(labelOf(decision)).value++
  if (decision.kind === 'no_capacity' && !ofOneDevice(decision))
    deployment.no_capacity.set(fixed_phase, { ...decision, version })
  return decision
}

type Evaluated = Pick<Poll, 'state' | 'active'>

const closedFor = (env: Env, { state, active }: Evaluated, { rollout }: ActiveDeployment): NoCapacity | undefined =>
  closedNow({ limits: active.limits, rules: rollout }, state.facts.device, env.now().getTime())

function rateKey({ state, active: { limits } }: Evaluated): Pick<Offer, 'rate_key'> {
  const rate_key = limits && limitsBytes(limits).by_value ? downloadKey(limits, state.facts.device) : ''
  return rate_key === '' ? {} : { rate_key }
}

type Known = { fixed_phase: number | null; version: number }

/** What was found at an earlier version may no longer hold: a gate has opened, or somebody has resumed the deployment. */
function knownNoCapacity(
  env: Env,
  { no_capacity }: ActiveDeployment,
  { fixed_phase, version }: Known,
): NoCapacity | undefined {
  const known = no_capacity.get(fixed_phase)
  return known?.version === version && env.now().getTime() < known.until_ms ? known : undefined
}

function labelOf(decision: ClaimDecision): string {
  switch (decision.kind) {
    case 'assigned':
      return decision.assignment.status
    case 'no_capacity':
      return decision.reason
    case 'stale':
      return 'stale'
  }
}

/** An abort ends the deployment that the device is working on before any row says so. */
const baselineOf = ({ baseline, current }: DeviceState): string =>
  current && current.deployment_created > baseline ? current.deployment_created : baseline

const offerOf = (deployment: ActiveDeployment, assignment: Assignment, rate: Pick<Offer, 'rate_key'>): PollOutcome =>
  assignment.status === 'pending'
    ? { kind: 'offer', offer: { deployment, artifact: assignment.artifact, ...rate } }
    : NO_UPDATE
