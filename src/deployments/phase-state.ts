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

/** Something that a rollout did by itself, for the audit log. */
export type GateEvent = { kind: 'gate_opened' | 'phase_opened'; phase: number; at: string }

const stateOf = ({ held_since, gate_opened_at, approved_at, verdicts }: PhaseState): GateState => ({
  ...{ held_since, opened_at: gate_opened_at, approved_at, verdicts },
})

/** How far the gate of a phase is; `closed`: its phase is not open. Undefined: it has no gate. */
export function stageOf(phases: readonly PhaseState[], index: number, now: string) {
  const phase = phases[index]
  if (!phase?.gate) return undefined
  return isOpen(phases, index, now) ? gateStage(phase.gate, stateOf(phase), now) : 'closed'
}

/** Whether a phase may take devices: its time has come, and the gates of all phases before it are open. */
export function isOpen(phases: readonly PhaseState[], index: number, now: string): boolean {
  const opens_ms = opensBy(phases, index, now)
  return opens_ms <= Date.parse(now)
}

/** The index of the first open phase with room, among those for any device. */
export function openPhase(phases: readonly PhaseState[], now: string): number | undefined {
  const index = phases.findIndex((phase, i) => !phase.is_fixed && hasRoom(phase) && isOpen(phases, i, now))
  return index < 0 ? undefined : index
}

/**
 * When the next phase for any device may open by time alone, in milliseconds; Infinity: all are open, or that depends
 * on devices or people. `fixed`: only this phase counts.
 */
export function nextOpening(phases: readonly PhaseState[], now: string, fixed: number | null = null): number {
  const now_ms = Date.parse(now)
  const times = phases.flatMap((phase, i) =>
    (fixed === null ? !phase.is_fixed && hasRoom(phase) : i === fixed) ? [opensBy(phases, i, now)] : [],
  )
  return Math.min(...times.filter((time) => time > now_ms), Number.POSITIVE_INFINITY)
}

/** When a phase opened or will open by time alone; Infinity: that depends on devices or people. */
export function opensBy(phases: readonly PhaseState[], index: number, now: string): number {
  const phase = phases[index]
  const before = phases.slice(0, index).filter(({ gate }) => gate !== null)
  if (!phase || (phase.start_ts === null && index > 0 && !phases[index - 1]?.gate)) return Number.POSITIVE_INFINITY
  const gates = before.map((one) => gateOpensBy(one, now))
  return Math.max(phase.start_ts === null ? 0 : Date.parse(phase.start_ts), ...gates)
}

/** When a gate opened or will open by time alone; Infinity: that depends on devices or people. */
export function gateOpensBy(phase: PhaseState, now: string): number {
  const { gate, held_since, gate_opened_at } = phase
  if (gate_opened_at !== null) return Date.parse(gate_opened_at)
  const soaked_at = gate && soakEnd(gate, { held_since })
  if (!gate || soaked_at === null) return Number.POSITIVE_INFINITY
  const later = soaked_at > now ? soaked_at : now
  return gateStage(gate, stateOf(phase), later) === 'open'
    ? Date.parse(openedAt(gate, stateOf(phase)))
    : Number.POSITIVE_INFINITY
}

const hasRoom = ({ capacity, device_count }: PhaseState) => capacity === null || device_count < capacity

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
  for (const [i, phase] of phases.entries()) {
    if (!isOpen(phases, i, now)) break
    if (phase.opened_at === null) {
      phase.opened_at = openingOf(phases, i, now)
      changed.add(i)
      if (i > 0) events.push({ kind: 'phase_opened', phase: i, at: phase.opened_at })
    }
    if (moveGate(phase, now)) changed.add(i)
    if (phase.gate && phase.gate_opened_at === null && gateStage(phase.gate, stateOf(phase), now) === 'open') {
      phase.gate_opened_at = openedAt(phase.gate, stateOf(phase))
      changed.add(i)
      events.push({ kind: 'gate_opened', phase: i, at: phase.gate_opened_at })
    }
  }
  return { events, changed: [...changed] }
}

/** When an open phase opened; the first one may have no start. */
function openingOf(phases: readonly PhaseState[], index: number, now: string): string {
  const opened_ms = opensBy(phases, index, now)
  return opened_ms > 0 ? new Date(opened_ms).toISOString() : now
}

/** Notes since when the percentage of a gate holds: without one, since the phase opened. Returns whether that changed. */
function moveGate(phase: PhaseState, now: string): boolean {
  const { gate, gate_opened_at, held_since } = phase
  if (!gate || gate_opened_at !== null) return false
  const does_hold = holds(gate, tallyOf(phase))
  if (does_hold === (held_since !== null)) return false
  phase.held_since = does_hold ? (gate.success_percent === undefined ? phase.opened_at : now) : null
  return true
}
