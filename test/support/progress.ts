import type { PhaseState } from '../../src/deployments/phase-state.ts'
import type { Progress } from '../../src/deployments/progress.ts'
import type { Gate } from '../../src/deployments/rollout/gate.ts'
import type { RolloutRules } from '../../src/deployments/rollout/rules.ts'
import { noStandings, type StandingCounts } from '../../src/deployments/standing.ts'
import { type Counters, noCounts } from '../../src/deployments/statistics.ts'

/** The progress of a deployment without rules, phases and devices, but for `changes`. */
export const progressOf = (changes: Partial<Progress> = {}): Progress => ({
  ...{ ...noCounts(), ...noStandings() },
  ...{ tenant_id: 't', deployment_id: 'd', device_count: 0, total_size: 0, retries: 0, max_devices: null },
  ...{
    started: false,
    finished: null,
    was_finished: false,
    took_devices: true,
    dynamic: false,
    type: 'software',
    last_activity: null,
  },
  ...{ was_aborted: false, abort_unwritten: false },
  ...{ paused_at: null, paused_by: null, pause_reason: null, trip: null, policy_base: null, recent_offers: null },
  ...{ rolled_back_by: null, rollout: null, phases: [], phase_deltas: new Map(), changed_phases: new Set() },
  ...{ happened: [], ...changes },
})

/** A phase that takes any number of devices from creation on, and has no gate, but for `changes`. */
export const phaseOf = (changes: Partial<PhaseState> = {}): PhaseState => ({
  ...{ id: `phase-${(changes.phase_index ?? 0) + 1}`, phase_index: 0, start_ts: null, capacity: null },
  ...{ device_count: 0, is_fixed: false, gate: null, opened_at: null, held_since: null, gate_opened_at: null },
  ...{ approved_at: null, verdicts: {}, counts: undefined, ...changes },
})

/** The phases of a deployment, in order. */
export const phasesOf = (...phases: Partial<PhaseState>[]): PhaseState[] =>
  phases.map((changes, phase_index) => phaseOf({ ...changes, phase_index }))

/** Counters of devices by status and standing: 0 but for those that are given. */
export const countsOf = (counts: Partial<Counters & StandingCounts> = {}): Counters & StandingCounts => ({
  ...noCounts(),
  ...noStandings(),
  ...counts,
})

/** A gate without conditions, but for `changes`. */
export const gateOf = (changes: Partial<Gate> = {}): Gate => ({
  ...{ of: 'capacity', approval: 'none', verdicts: [], ...changes },
})

/** The stored rules of a deployment; none but for `changes`. */
export const rulesOf = (changes: Partial<RolloutRules> = {}): RolloutRules => ({ has_gates: false, ...changes })
