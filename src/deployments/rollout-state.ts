import { gateOpensBy, isOpen, type PhaseState, soakEndOf, stageOf, tallyOf } from './phase-state.ts'
import { inFlight, type PolicyBase, type StoredTrip } from './progress.ts'
import type { By, GateProgress, ReasonCode, RolloutState, Trip } from './rollout/answers.ts'
import { gateBase } from './rollout/gate.ts'
import { opening } from './rollout/opening.ts'
import type { RolloutRules } from './rollout/rules.ts'
import { gateText, tripText, withoutStop } from './rollout-texts.ts'
import type { StandingCounts } from './standing.ts'
import type { Counters } from './statistics.ts'
import { FAILURE_POLICY } from './supervision.ts'

/** What the state of a rollout depends on. */
export type RolloutRow = {
  created: string
  finished: string | null
  was_aborted: boolean
  device_count: number
  counts: Counters & StandingCounts
  paused_at: string | null
  paused_by: By | null
  pause_reason: string | null
  trip: StoredTrip | null
  policy_base: PolicyBase | null
  rolled_back_by: string | null
  rollout: RolloutRules | null
  phases: readonly PhaseState[]
}

export function rolloutState(row: RolloutRow, now: string): RolloutState {
  const { counts, trip, phases } = row
  return {
    ...(stopped(row) ?? paused(row) ?? held(row, now) ?? running(row)),
    ...(trip ? { trip: tripForPeople(trip, phases) } : {}),
    in_flight: inFlight({ ...counts, device_count: row.device_count }),
    ...{ timed_out: counts.timed_out, unconfirmed: counts.unconfirmed, waiting: counts.awaiting_retry },
    unconfirmed_in_time: counts.confirmation_missed,
  }
}

type State = Pick<RolloutState, 'state' | 'reason' | 'since' | 'by'>

const running = ({ created, policy_base }: RolloutRow): State => ({
  ...{ state: 'running', since: policy_base?.at ?? created },
})

function stopped({ finished, was_aborted, trip, rolled_back_by, phases }: RolloutRow): State | undefined {
  if (finished === null) return undefined
  const state = { state: 'stopped', since: finished } as const
  if (trip && trip.action !== 'pause') return { ...state, by: FAILURE_POLICY, reason: tripReason(trip, phases) }
  if (rolled_back_by !== null) {
    const message = `The deployment ${was_aborted ? 'was aborted' : 'finished'}, and was rolled back.`
    return { ...state, reason: { code: 'rolled_back', message } }
  }
  return was_aborted
    ? { ...state, reason: { code: 'aborted', message: 'The deployment was aborted.' } }
    : { ...state, reason: { code: 'finished', message: 'The deployment is finished.' } }
}

function paused({ paused_at, paused_by, pause_reason, trip, phases }: RolloutRow): State | undefined {
  if (paused_at === null) return undefined
  const state = { state: 'paused', since: paused_at, ...(paused_by ? { by: paused_by } : {}) } as const
  if (trip && trip.resumed_at === undefined) return { ...state, reason: tripReason(trip, phases) }
  const who = paused_by?.email ?? 'a user'
  const why = pause_reason ? `: ${withoutStop(pause_reason)}` : ''
  return { ...state, reason: { code: 'paused_by_user', message: `Paused by ${who}${why}.` } }
}

function tripReason(trip: StoredTrip, phases: readonly PhaseState[]): NonNullable<State['reason']> {
  const { code, failed, timed_out, unconfirmed, ended, limit, phase_index } = trip
  const phase = phase_index === undefined ? undefined : phases[phase_index]
  return {
    ...{ code, message: tripText(trip, phases.length), failed, timed_out, unconfirmed, ended },
    succeeded: ended - failed,
    ...(phase ? { phase_id: phase.id } : {}),
    ...(limit === undefined ? {} : { limit }),
  }
}

export function tripForPeople({ phase_index, ...trip }: StoredTrip, phases: readonly PhaseState[]): Trip {
  const phase = phase_index === undefined ? undefined : phases[phase_index]
  return { ...trip, ...(phase ? { phase_id: phase.id, phase: phase.phase_index + 1 } : {}) }
}

const GATE_REASONS = {
  ...{ collecting: 'gate', soaking: 'soak' },
  ...{ awaiting_verdict: 'verdict', awaiting_approval: 'approval' },
} as const satisfies Record<string, ReasonCode>

/** Whether nothing can start before a gate or a window opens. */
function held(row: RolloutRow, now: string): State | undefined {
  return heldByGate(row, now) ?? heldByWindow(row, now)
}

function heldByGate({ phases, created, rollout }: RolloutRow, now: string): State | undefined {
  if (!rollout?.has_gates) return undefined
  const open = phases.filter((_, i) => isOpen(phases, i, now))
  if (open.length === phases.length || open.some(hasRoom)) return undefined
  const index = phases.findIndex(({ gate, gate_opened_at }) => gate !== null && gate_opened_at === null)
  const stage = index < 0 ? undefined : stageOf(phases, index, now)
  const phase = phases[index]
  // A phase that waits for its start is held by nothing, as without gates.
  if (!phase || stage === undefined || stage === 'open' || stage === 'closed') return undefined
  const { succeeded, failed } = tallyOf(phase)
  return {
    ...{ state: 'held', since: phase.held_since ?? phase.opened_at ?? created },
    reason: {
      ...{ code: GATE_REASONS[stage], message: gateText(phases, index, now), phase_id: phase.id, succeeded, failed },
      ...{ timed_out: phase.counts?.timed_out ?? 0, unconfirmed: phase.counts?.confirmation_missed ?? 0 },
    },
  }
}

const hasRoom = ({ capacity, device_count }: PhaseState) => capacity === null || device_count < capacity

/** Only if all devices have the same time zone. */
function heldByWindow({ rollout, created }: RolloutRow, now: string): State | undefined {
  if (!rollout || (!rollout.windows && !rollout.blackouts)) return undefined
  const { time_zone = 'UTC' } = rollout
  if (typeof time_zone !== 'string') return undefined
  const at = opening(rollout, time_zone, Date.parse(now))
  if (at.is_open) return undefined
  const opens = Number.isFinite(at.opens_ms) ? ` Devices may be offered it from ${iso(at.opens_ms)}.` : ''
  return {
    ...{ state: 'held', since: created },
    reason: { code: 'window', message: `The update is outside of its windows.${opens}` },
  }
}

const iso = (ms: number) => new Date(ms).toISOString()

type GateColumns = {
  approved_by: By | null
  approval_comment: string | null
  gate_opened_by: By | null
  gate_open_reason: string | null
}

/** How far the gate of a phase is; undefined: it has none. */
export function gateProgress(
  phases: readonly (PhaseState & GateColumns)[],
  index: number,
  now: string,
): GateProgress | undefined {
  const phase = phases[index]
  const state = stageOf(phases, index, now)
  if (!phase?.gate || !phase.counts || state === undefined) return undefined
  const { approved_by, approval_comment, gate_opened_by, gate_open_reason, gate_opened_at } = phase
  const counted = tallyOf(phase)
  const base = gateBase(phase.gate, counted)
  const opens_ms = gateOpensBy(phases, index, now)
  const opened_at = gate_opened_at ?? (state === 'open' ? iso(opens_ms) : null)
  return {
    state,
    success_percent: base === 0 ? 0 : Math.floor((counted.succeeded * 10_000) / base) / 100,
    ...{ succeeded: counted.succeeded, failed: counted.failed, base },
    in_flight: inFlight({ ...phase.counts, device_count: phase.device_count }),
    ...(state === 'soaking' && Number.isFinite(opens_ms) ? { opens_at: iso(opens_ms) } : {}),
    ...(state === 'soaking' ? { soaks_until: soakEndOf(phases, index, now) ?? now } : {}),
    ...(opened_at === null ? {} : { opened_at }),
    ...(approved_by ? { approved_by } : {}),
    ...(approval_comment === null ? {} : { comment: approval_comment }),
    ...(gate_opened_by ? { opened_by: gate_opened_by } : {}),
    ...(gate_open_reason === null ? {} : { reason: gate_open_reason }),
    verdicts: phase.verdicts as GateProgress['verdicts'],
  }
}
