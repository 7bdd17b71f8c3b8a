import type { Deployment } from '../deployment.ts'
import { encodeConfiguration } from '../deployment-type.ts'
import type { PhaseState } from '../phase-state.ts'
import type { NamedDevices } from '../phases.ts'
import type { By } from '../rollout/answers.ts'
import { type Exclusion, exclusionForPeople, rulesForPeople } from '../rollout/rules.ts'
import { gateProgress, type RolloutRow, rolloutState } from '../rollout-state.ts'
import type { StandingCounts } from '../standing.ts'
import type { Counters } from '../statistics.ts'
import { withoutNulls } from '../without-nulls.ts'

/** A deployment as it is read. */
export type DeploymentRow = Omit<Deployment, 'phases' | 'rollout' | 'exclude' | 'configuration'> &
  Omit<RolloutRow, 'phases' | 'counts' | 'rollout'> & {
    rules: RolloutRow['rollout']
    standings: StandingCounts
    phases: PhaseColumns[] | null
    exclude: Exclusion | null
    /** With the beginnings of longer values. */
    configuration: Record<string, string> | null
  }

type PhaseColumns = Omit<PhaseState, 'is_fixed' | 'counts'> & {
  batch_size: number
  named: NamedDevices | null
  is_ranked: boolean | null
  approved_by: By | null
  approval_comment: string | null
  gate_opened_by: By | null
  gate_open_reason: string | null
  statistics: Counters
  standings: StandingCounts
}

/** The deployment as the API returns it. What it shows of gates and state is as of `now`. */
export function toDeployment(row: DeploymentRow, now: string): Deployment {
  const { rules, standings, phases, exclude, was_aborted, configuration, ...others } = row
  const { paused_at, paused_by, pause_reason, trip, policy_base, ...shown } = others
  const states = (phases ?? []).map(toState)
  const counts = { ...row.statistics.status, ...standings }
  const state = { ...row, counts, rollout: rules, phases: states }
  return withoutNulls<Deployment>({
    ...shown,
    ...(configuration ? { configuration: encodeConfiguration(configuration) } : {}),
    ...rulesForPeople(rules),
    ...(exclude ? { exclude: exclusionForPeople(exclude) } : {}),
    ...(phases ? { phases: states.map((phase, i) => toPhase(phase, gateProgress(states, i, now))) } : {}),
    rollout: rolloutState(state, now),
  })
}

const toState = ({ is_ranked, statistics, standings, ...phase }: PhaseColumns) => ({
  ...phase,
  is_fixed: phase.named !== null || is_ranked === true,
  counts: { ...statistics, ...standings },
  statistics,
})

type Phase = NonNullable<Deployment['phases']>[number]

function toPhase(phase: ReturnType<typeof toState>, progress: Phase['progress']): Phase {
  const { id, batch_size, start_ts, capacity, device_count, named, gate, statistics } = phase
  return {
    ...{ id, batch_size },
    ...(start_ts === null ? {} : { start_ts }),
    ...(capacity === null ? {} : { capacity }),
    ...{ device_count, statistics: { status: statistics } },
    ...(named?.device_ids ? { device_ids: named.device_ids } : {}),
    ...(named?.filter ? { filter: named.filter } : {}),
    ...(gate ? { gate } : {}),
    ...(progress ? { progress } : {}),
  }
}
