import { listed } from '../texts/gates.ts'
import { counted, whole } from '../texts/numbers.ts'
import { opensBy, type PhaseState, soakEndOf, stageOf, tallyOf } from './phase-state.ts'
import { inFlight, type StoredTrip } from './progress.ts'
import { type Gate, gateBase, gateShare } from './rollout/gate.ts'

/** `33 of 97 devices failed in phase 2 (34 %): paused by the failure policy (limit 5 %).` */
export function tripText(trip: StoredTrip, phases: number): string {
  const { code, failed, ended, phase_index, program } = trip
  const outcome = `${OUTCOME[trip.action]} (${limitText(trip)}).`
  if (code === 'verdict_failed') return `The verdict of ${program} is fail: ${VERDICT_OUTCOME[trip.action]}.`
  const where = phase_index === undefined || phases < 2 ? '' : ` in phase ${phase_index + 1}`
  const share = ended > 0 ? ` (${Math.round((failed * 100) / ended)} %)` : ''
  const since = trip.counted_since === undefined ? '' : ' since it was resumed'
  const causes = trip.counted_since === undefined ? causesOf(trip) : ''
  return `${whole(failed)} of ${counted(ended, 'device')} failed${where}${since}${share}${causes}: ${outcome}`
}

const OUTCOME = {
  pause: 'paused by the failure policy',
  abort: 'aborted by the failure policy',
  rollback: 'aborted and rolled back by the failure policy',
} as const

/** Without a policy, a verdict pauses. */
const VERDICT_OUTCOME = { ...OUTCOME, pause: 'paused' } as const

function limitText({ code, limit = 0 }: StoredTrip): string {
  return code === 'max_failures' ? `limit ${counted(limit, 'device')}` : `limit ${limit} %`
}

function causesOf({ timed_out, unconfirmed }: StoredTrip): string {
  const causes = [
    timed_out > 0 ? `${whole(timed_out)} did not end in time` : '',
    unconfirmed > 0 ? `${whole(unconfirmed)} ${unconfirmed === 1 ? 'was' : 'were'} not confirmed in time` : '',
  ].filter((cause) => cause !== '')
  return causes.length === 0 ? '' : `, of these ${causes.join(' and ')}`
}

/**
 * What the next phase waits for: `Phase 2 opens when 95 of 100 devices have succeeded: 91 have, 3 failed, 6 are in
 * flight; then it soaks for 2 h.`
 */
export function gateText(phases: readonly PhaseState[], index: number, now: string): string {
  const phase = phases[index]
  if (!phase?.gate) return ''
  const { gate } = phase
  const this_phase = `phase ${index + 1}`
  const next = `Phase ${index + 2}`
  switch (stageOf(phases, index, now)) {
    case 'closed':
      return `${next} opens after ${this_phase}, which ${openingText(opensBy(phases, index, now))}.`
    case 'soaking': {
      const soak = `Phase ${index + 1} soaks until ${soakEndOf(phases, index, now)}${keptShare(gate)}`
      return `${soak}; then phase ${index + 2} opens${afterSoak(gate)}.`
    }
    case 'awaiting_verdict': {
      const missing = missingVerdicts(gate, phase)
      const report = missing.length === 1 ? 'reports' : 'report'
      return `${next} opens when ${listed(missing)} ${report} that ${this_phase} passes${approvalAfter(gate)}.`
    }
    case 'awaiting_approval':
      return `${next} opens when ${approver(gate)} approves ${this_phase}.`
    case 'open':
      return `The gate of ${this_phase} is open.`
    default:
      return `${next} opens when ${collectingText(phase, gate)}.`
  }
}

const openingText = (opens_ms: number) =>
  Number.isFinite(opens_ms) ? `opens at ${new Date(opens_ms).toISOString()}` : 'is not open yet'

const keptShare = ({ success_percent, of }: Gate) =>
  success_percent === undefined
    ? ''
    : `, as long as at least ${success_percent} % of its ${of === 'ended' ? 'ended ' : ''}devices have succeeded`

const missingVerdicts = ({ verdicts: names }: Gate, { verdicts }: PhaseState) =>
  names.filter((name) => verdicts[name]?.verdict !== 'pass')

const approver = ({ approval }: Gate) =>
  approval === 'other_user' ? 'another user than the one who created the deployment' : 'a user'

/** A gate that is opened by hand asks for nothing else. */
function collectingText(phase: PhaseState, gate: Gate): string {
  const counts = tallyOf(phase)
  const base = gateBase(gate, counts)
  const in_flight = phase.counts ? inFlight({ ...phase.counts, device_count: phase.device_count }) : 0
  const now = `${whole(counts.succeeded)} ${counts.succeeded === 1 ? 'has' : 'have'}, ${whole(counts.failed)} failed, ${
    in_flight === 1 ? '1 is' : `${whole(in_flight)} are`
  } in flight`
  const needed = Math.ceil((base * (gate.success_percent ?? 0)) / 100)
  const after = conditionsAfter(gate)
  if (gate.of === 'ended')
    return `${gate.success_percent} % of at least ${counted(gate.min_ended ?? 1, 'ended device')} have succeeded: ${now} (${Math.floor(gateShare(gate, counts))} %)${after}`
  if (base === 0) return 'somebody opens it by hand, since no device of the phase can succeed any more'
  return `${whole(needed)} of ${counted(base, 'device')} have succeeded: ${now}${after}`
}

/** What follows once the percentage holds. */
function conditionsAfter(gate: Gate): string {
  const steps = [
    ...(gate.soak_minutes ? [`it soaks for ${minutesText(gate.soak_minutes)}`] : []),
    ...(gate.verdicts.length > 0 ? [`${listed(gate.verdicts)} must report that it passes`] : []),
    ...(gate.approval === 'none' ? [] : [`${approver(gate)} must approve it`]),
  ]
  return steps.length === 0 ? '' : `; then ${listed(steps)}`
}

function afterSoak(gate: Gate): string {
  const { length } = gate.verdicts
  const steps = [
    ...(length > 0 ? [`${listed(gate.verdicts)} ${length === 1 ? 'has' : 'have'} reported that it passes`] : []),
    ...(gate.approval === 'none' ? [] : [`${approver(gate)} has approved it`]),
  ]
  return steps.length === 0 ? '' : ` once ${listed(steps)}`
}

const approvalAfter = (gate: Gate) => (gate.approval === 'none' ? '' : `, and ${approver(gate)} approves it`)

/** `2 h`, `1 d`, `90 min` */
function minutesText(minutes: number): string {
  if (minutes % 1440 === 0) return `${minutes / 1440} d`
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${minutes} min`
}

/** A sentence that ends another one. */
export const withoutStop = (text: string): string => text.replace(/\.+$/, '')
