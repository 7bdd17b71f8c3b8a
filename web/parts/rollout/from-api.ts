import type { NewPhase } from '../../../src/deployments/phases.ts'
import type { NewFailurePolicy } from '../../../src/deployments/rollout/failure-policy.ts'
import type { NewGate } from '../../../src/deployments/rollout/gate.ts'
import type { NewRollout } from '../../../src/deployments/rollout/rules.ts'
import { toField } from '../zone.ts'
import {
  allAtOnce,
  type FailureDraft,
  type GateDraft,
  newPhase,
  type PhaseDraft,
  possible,
  type RulesDraft,
  type ScheduleDraft,
} from './draft.ts'
import { type Amount, durationOf } from './duration.ts'

type Members = NewRollout & { phases?: readonly NewPhase[] | null }

/** The draft of the members of a recipe. */
export function toDraft(members: Members): RulesDraft {
  const { failure_policy, confirm_within_minutes, max_in_flight, max_in_flight_percent, exclude } = members
  return {
    phases: phasesOf(members),
    failures: failure_policy ? failuresOf(failure_policy) : undefined,
    confirm: confirm_within_minutes ? durationOf(confirm_within_minutes) : undefined,
    in_flight: max_in_flight
      ? { amount: max_in_flight, unit: 'devices' }
      : max_in_flight_percent
        ? { amount: max_in_flight_percent, unit: 'percent' }
        : undefined,
    rate: members.offers_per_minute ? { amount: members.offers_per_minute } : undefined,
    random: members.order === 'random' ? true : undefined,
    no_downgrade: members.no_downgrade ? true : undefined,
    exclude: exclude ? { filter_id: exclude.filter_id ?? '', device_ids: exclude.device_ids ?? [] } : undefined,
    schedule: scheduleOf(members),
    urgent: members.ignore_quiet_hours ? true : undefined,
  }
}

function phasesOf({ phases, gate }: Members): PhaseDraft[] {
  if (!phases || phases.length === 0) return allAtOnce().phases
  const drafts = phases.map(({ batch_size, filter_id, device_ids, start_ts, ...phase }, i) => {
    const given = phase.gate ?? (i < phases.length - 1 ? gate : undefined)
    return newPhase({
      percent: batch_size && i < phases.length - 1 ? batch_size : '',
      named: filter_id ? { filter_id } : device_ids ? { device_ids } : undefined,
      gate: given ? gateOf(given) : undefined,
      ...(start_ts ? { when: 'at', at: toField(start_ts) } : {}),
    })
  })
  return possible(drafts)
}

const blankIfNone = (number: number | null | undefined): Amount => number ?? ''

const gateOf = ({ success_percent, of, min_ended, soak_minutes, approval, verdicts }: NewGate): GateDraft => ({
  success_percent: blankIfNone(success_percent),
  of: of ?? 'capacity',
  min_ended: blankIfNone(min_ended),
  soak: soak_minutes ? durationOf(soak_minutes) : { amount: '', unit: 'hours' },
  approval: approval ?? 'none',
  verdicts: verdicts ?? [],
})

const failuresOf = (policy: NewFailurePolicy): FailureDraft => ({
  max_failures: blankIfNone(policy.max_failures),
  max_failure_percent: blankIfNone(policy.max_failure_percent),
  min_ended: blankIfNone(policy.min_ended),
  scope: policy.scope ?? 'phase',
  timeout: policy.timeout_minutes ? durationOf(policy.timeout_minutes) : { amount: '', unit: 'hours' },
  action: policy.action ?? 'pause',
  release: policy.rollback_artifact_name ?? '',
})

function scheduleOf({ windows, blackouts, time_zone }: Members): ScheduleDraft | undefined {
  if (!windows?.length && !blackouts?.length) return undefined
  const zone = typeof time_zone === 'string' ? time_zone : (time_zone?.fallback ?? 'UTC')
  const attribute =
    time_zone && typeof time_zone === 'object' ? { scope: time_zone.scope, attribute: time_zone.attribute } : undefined
  return { windows: windows ?? [], blackouts: blackouts ?? [], zone, attribute }
}
