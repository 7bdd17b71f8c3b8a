import type { NewPhase } from '../../../src/deployments/phases.ts'
import type { NewFailurePolicy } from '../../../src/deployments/rollout/failure-policy.ts'
import type { NewGate } from '../../../src/deployments/rollout/gate.ts'
import type { NewRollout } from '../../../src/deployments/rollout/rules.ts'
import { fromField } from '../zone.ts'
import type {
  ExcludeDraft,
  FailureDraft,
  GateDraft,
  InFlightDraft,
  PhaseDraft,
  RulesDraft,
  ScheduleDraft,
} from './draft.ts'
import { type Amount, minutesOf } from './duration.ts'

const UNITS_MS = { hours: 3_600_000, days: 24 * 3_600_000 }

/** The members of a request, and of a recipe, except the phases. */
export function toRollout(rules: RulesDraft): Omit<NewRollout, 'recipe' | 'gate'> {
  const { failures, confirm, in_flight, rate, random, no_downgrade, exclude, schedule, urgent } = rules
  return {
    ...(failures && { failure_policy: toPolicy(failures) }),
    ...(confirm && { confirm_within_minutes: minutesOf(confirm) }),
    ...(in_flight && toLimit(in_flight)),
    ...(rate && { offers_per_minute: orNull(rate.amount) }),
    ...(random && { order: 'random' as const }),
    ...(no_downgrade && { no_downgrade }),
    ...(exclude && { exclude: toExclusion(exclude) }),
    ...(schedule && toSchedule(schedule)),
    ...(urgent && { ignore_quiet_hours: true }),
  }
}

/**
 * A single phase that opens immediately is sent as no phases. The last phase takes the rest. Blank fields are sent as
 * null, so that the server reports them.
 */
export function toPhases(phases: readonly PhaseDraft[], now: number): NewPhase[] {
  const [only] = phases
  if (phases.length === 1 && only?.when === 'now') return []
  let start = now
  return phases.map((phase, i) => {
    const at = startOf(phase, start)
    start = at ?? start
    const isLast = i === phases.length - 1
    return {
      ...(isLast ? {} : devicesOf(phase)),
      ...(phase.when === 'now' || phase.when === 'gate'
        ? {}
        : { start_ts: at === undefined ? null : new Date(at).toISOString() }),
      ...(phase.gate && !isLast ? { gate: toGate(phase.gate) } : {}),
    }
  })
}

/** The phases of a recipe, which open by their gates. */
export const toRecipePhases = (phases: readonly PhaseDraft[]): NewPhase[] =>
  toPhases(
    phases.map((phase) => (phase.when === 'at' ? phase : { ...phase, when: 'now' })),
    0,
  )

/** Whether two drafts ask for the same. */
export const isSame = (a: RulesDraft, b: RulesDraft): boolean => comparable(a) === comparable(b)

const comparable = (rules: RulesDraft): string => JSON.stringify([toRollout(rules), toPhases(rules.phases, 0)])

const orNull = (amount: Amount): number | null => (amount === '' ? null : amount)

const devicesOf = ({ named, percent }: PhaseDraft): NewPhase => named ?? { batch_size: orNull(percent) }

export function toGate({ success_percent, of, min_ended, soak, approval, verdicts }: GateDraft): NewGate {
  return {
    ...(success_percent === '' ? {} : { success_percent }),
    ...(of === 'ended' ? { of, ...(min_ended === '' ? {} : { min_ended }) } : {}),
    ...(soak.amount === '' ? {} : { soak_minutes: minutesOf(soak) }),
    ...(approval === 'none' ? {} : { approval }),
    ...(verdicts.length === 0 ? {} : { verdicts }),
  }
}

function toPolicy(failures: FailureDraft): NewFailurePolicy {
  const { max_failures, max_failure_percent, min_ended, scope, timeout, action, release } = failures
  return {
    ...(max_failures === '' ? {} : { max_failures }),
    ...(max_failure_percent === '' ? {} : { max_failure_percent, ...(min_ended === '' ? {} : { min_ended }) }),
    ...(timeout.amount === '' ? {} : { timeout_minutes: minutesOf(timeout) }),
    ...{ scope, action },
    ...(action === 'rollback' && release !== '' ? { rollback_artifact_name: release } : {}),
  }
}

const toLimit = ({ amount, unit }: InFlightDraft) =>
  unit === 'percent' ? { max_in_flight_percent: orNull(amount) } : { max_in_flight: orNull(amount) }

const toExclusion = ({ filter_id, device_ids }: ExcludeDraft) => ({
  ...(filter_id === '' ? {} : { filter_id }),
  ...(device_ids.length === 0 ? {} : { device_ids }),
})

function toSchedule({ windows, blackouts, zone, attribute }: ScheduleDraft) {
  return {
    ...(windows.length > 0 && { windows }),
    ...(blackouts.length > 0 && { blackouts }),
    ...(windows.length + blackouts.length > 0 && {
      time_zone: attribute ? { ...attribute, fallback: zone } : zone,
    }),
  }
}

/** The latest time that a Date can represent. */
const MAX_DATE_MS = 8.64e15

/** undefined: the time is missing, invalid, or depends on a gate. */
function startOf({ when, at, amount }: PhaseDraft, previous: number): number | undefined {
  if (when === 'now') return previous
  if (when === 'gate') return undefined
  const time =
    when === 'at' ? Date.parse(fromField(at) ?? '') : amount === '' ? Number.NaN : previous + amount * UNITS_MS[when]
  return Math.abs(time) <= MAX_DATE_MS ? time : undefined
}
