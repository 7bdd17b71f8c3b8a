import { type Gate, type GateState, type GateTally, gateStage, holds, openedAt, soakEnd } from './rollout/gate.ts'
import type { StandingCounts } from './standing.ts'
import type { Counters } from './statistics.ts'

/** A row of deployment_phases. */
export type PhaseState = {
  id: string
  phase_index: number
  start_ts: string | null
  /** Devices; null: no limit. */
  capacity: number | null
  device_count: number
  /** Whether a device is in the phase because it is named, or by its rank: then the capacity is no limit. */
  is_fixed: boolean
  gate: Gate | null
  /** When the phase opened, if the deployment has gates. */
  opened_at: string | null
  held_since: string | null
  gate_opened_at: string | null
  approved_at: string | null
  verdicts: GateState['verdicts']
  /** Undefined if nothing depends on them. */
  counts?: (Counters & StandingCounts) | undefined
}

/** When each phase opens that is open at creation, whose start may be long ago: no soak begins before. */
export function openingsAtCreation(phases: readonly Pick<PhaseState, 'start_ts' | 'gate'>[], now: string) {
  let is_open = true
  return phases.map(({ start_ts, gate }) => {
    is_open &&= start_ts === null || start_ts <= now
    const opened_at = is_open ? now : null
    is_open &&= gate === null
    return opened_at
  })
}

/** Something that a rollout did by itself, for the audit log. */
export type GateEvent = { kind: 'gate_opened' | 'phase_opened'; phase: number; at: string }

/** How far the gate of a phase is; `closed`: its phase is not open. Undefined: it has no gate. */
export function stageOf(phases: readonly PhaseState[], index: number, now: string) {
  const phase = phases[index]
  if (!phase?.gate) return undefined
  const opens_ms = opensBy(phases, index, now)
  return opens_ms <= Date.parse(now) ? gateStage(phase.gate, stateOf(phase, opens_ms, now), now) : 'closed'
}

/** Whether a phase may take devices: its time has come, and the gates of all phases before it are open. */
export const isOpen = (phases: readonly PhaseState[], index: number, now: string): boolean =>
  opensBy(phases, index, now) <= Date.parse(now)

/** The index of the first open phase with room, among those for any device. */
export function openPhase(phases: readonly PhaseState[], now: string): number | undefined {
  const isOpenAt = phases.some(({ gate }) => gate !== null) ? opensByGates(phases, now) : opensByStart(phases, now)
  const index = phases.findIndex((_, i) => takesAny(phases, i) && isOpenAt(i))
  return index < 0 ? undefined : index
}

function opensByGates(phases: readonly PhaseState[], now: string): (index: number) => boolean {
  const now_ms = Date.parse(now)
  const times = openings(phases, now)
  return (index) => times[index]!.phase_ms <= now_ms
}

/** Without gates the starts decide, which are in order: for every claim, so no time is parsed. */
const opensByStart =
  (phases: readonly PhaseState[], now: string) =>
  (index: number): boolean => {
    const start = phases[index]?.start_ts
    return !start || start <= now
  }

/**
 * When the next phase for any device may open by time alone, in milliseconds; Infinity: all are open, or that depends
 * on devices or people. `fixed`: only this phase counts.
 */
export function nextOpening(phases: readonly PhaseState[], now: string, fixed: number | null = null): number {
  const now_ms = Date.parse(now)
  const times = openings(phases, now)
    .filter((_, i) => (fixed === null ? takesAny(phases, i) : i === fixed))
    .map(({ phase_ms }) => phase_ms)
  return Math.min(...times.filter((time) => time > now_ms), Number.POSITIVE_INFINITY)
}

/** When a phase opened or will open by time alone; Infinity: that depends on devices or people. */
export const opensBy = (phases: readonly PhaseState[], index: number, now: string): number =>
  openings(phases, now)[index]?.phase_ms ?? Number.POSITIVE_INFINITY

/** When the gate of a phase opened or will open by time alone; Infinity: that depends on devices or people. */
export const gateOpensBy = (phases: readonly PhaseState[], index: number, now: string): number =>
  openings(phases, now)[index]?.gate_ms ?? Number.POSITIVE_INFINITY

/** When the soak of a gate ends; null: its percentage does not hold, or its phase opens by devices or people. */
export function soakEndOf(phases: readonly PhaseState[], index: number, now: string): string | null {
  const phase = phases[index]
  return phase?.gate ? soakEnd(phase.gate, stateOf(phase, opensBy(phases, index, now), now)) : null
}

/** No phase opens before the one before it, nor before the gate between them. 0: at creation. */
function openings(phases: readonly PhaseState[], now: string): { phase_ms: number; gate_ms: number }[] {
  let earliest_ms = 0
  return phases.map((phase) => {
    const phase_ms = phaseOpening(phase, earliest_ms)
    const gate_ms = gateOpening(phase, phase_ms, now)
    earliest_ms = Math.max(phase_ms, gate_ms)
    return { phase_ms, gate_ms }
  })
}

function phaseOpening({ start_ts, opened_at }: PhaseState, earliest_ms: number): number {
  if (opened_at !== null) return Date.parse(opened_at)
  return start_ts === null ? earliest_ms : Math.max(earliest_ms, Date.parse(start_ts))
}

function gateOpening(phase: PhaseState, phase_ms: number, now: string): number {
  const { gate, gate_opened_at } = phase
  if (!gate) return phase_ms
  if (gate_opened_at !== null) return Date.parse(gate_opened_at)
  const state = stateOf(phase, phase_ms, now)
  const soaked_at = soakEnd(gate, state)
  if (soaked_at === null) return Number.POSITIVE_INFINITY
  const later = soaked_at > now ? soaked_at : now
  return gateStage(gate, state, later) === 'open' ? Date.parse(openedAt(gate, state)) : Number.POSITIVE_INFINITY
}

/** The state of a gate whose phase opens at this time. Without a percentage, nothing interrupts its soak. */
function stateOf(phase: PhaseState, phase_ms: number, now: string): GateState {
  const { gate, held_since, gate_opened_at, approved_at, verdicts } = phase
  const is_timed = gate !== null && gate.success_percent === undefined && Number.isFinite(phase_ms)
  return {
    held_since: held_since ?? (is_timed ? (phase.opened_at ?? openingText(phase_ms, now)) : null),
    ...{ opened_at: gate_opened_at, approved_at, verdicts },
  }
}

/** The first phase may have no start. */
const openingText = (opens_ms: number, now: string) => (opens_ms > 0 ? new Date(opens_ms).toISOString() : now)

/**
 * Whether a phase takes another device that is in none by its name or rank. The last such phase does, however full it
 * is: a device that a filter named at creation may match it no longer.
 */
function takesAny(phases: readonly PhaseState[], index: number): boolean {
  const { is_fixed, capacity, device_count } = phases[index]!
  if (is_fixed) return false
  return capacity === null || device_count < capacity || index === phases.findLastIndex((phase) => !phase.is_fixed)
}

/** The devices of a phase as its gate and the failure policy count them. */
export function tallyOf({ capacity, device_count, counts }: PhaseState): GateTally & { ended: number } {
  if (!counts) throw new Error('The counters of the phase were not read.')
  return { ...tally(counts), capacity: capacity ?? device_count }
}

/** A success counts once it is confirmed, if that is asked for. */
export function tally(counts: Counters & StandingCounts) {
  const { unconfirmed, confirmation_missed, timed_out } = counts
  const succeeded = counts.success - unconfirmed - confirmation_missed + counts['already-installed']
  const failed = counts.failure + timed_out + confirmation_missed
  const excluded = counts.noartifact + counts.aborted + counts.decommissioned
  return { succeeded, failed, excluded, ended: succeeded + failed }
}

/**
 * Brings the gates to `now`: notes since when each percentage holds, and opens gates and phases. Called before and
 * after every change of the counters, so a gate that opened by time alone stays open whatever changes afterwards.
 * Changes the phases in place, and returns what opened and which phases changed.
 */
export function moveGates(phases: readonly PhaseState[], now: string): { events: GateEvent[]; changed: number[] } {
  const events: GateEvent[] = []
  const changed = new Set<number>()
  const now_ms = Date.parse(now)
  let earliest_ms = 0
  for (const [i, phase] of phases.entries()) {
    const phase_ms = phaseOpening(phase, earliest_ms)
    if (phase_ms > now_ms) break
    if (phase.opened_at === null) {
      phase.opened_at = openingText(phase_ms, now)
      changed.add(i)
      if (i > 0) events.push({ kind: 'phase_opened', phase: i, at: phase.opened_at })
    }
    if (moveGate(phase, now)) changed.add(i)
    const gate_ms = gateOpening(phase, phase_ms, now)
    if (phase.gate && phase.gate_opened_at === null && gate_ms <= now_ms) {
      phase.gate_opened_at = new Date(gate_ms).toISOString()
      changed.add(i)
      events.push({ kind: 'gate_opened', phase: i, at: phase.gate_opened_at })
    }
    earliest_ms = Math.max(phase_ms, gate_ms)
  }
  return { events, changed: [...changed] }
}

/** Notes since when the percentage of a gate holds; without one, since the phase opened. Returns whether it changed. */
function moveGate(phase: PhaseState, now: string): boolean {
  const { gate, gate_opened_at, held_since } = phase
  if (!gate || gate_opened_at !== null) return false
  const does_hold = holds(gate, tallyOf(phase))
  if (does_hold === (held_since !== null)) return false
  phase.held_since = does_hold ? (gate.success_percent === undefined ? phase.opened_at : now) : null
  return true
}
