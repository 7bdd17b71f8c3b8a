import type { Gate } from '../../../src/deployments/rollout/gate.ts'
import type { NewSchedule } from '../../../src/deployments/rollout/schedule.ts'
import { type Amount, type Duration, durationOf } from './duration.ts'

export type GateDraft = {
  success_percent: Amount
  of: Gate['of']
  min_ended: Amount
  /** Blank: no soak. */
  soak: Duration
  approval: Gate['approval']
  verdicts: string[]
}

export type PhaseDraft = {
  key: number
  percent: Amount
  /** The devices of a phase for named devices; undefined: a percentage. */
  named?: { filter_id: string } | { device_ids: string[] } | undefined
  /** `hours` and `days`: `amount` after the previous phase; `gate`: once the gate of the previous phase is open. */
  when: 'now' | 'at' | 'hours' | 'days' | 'gate'
  /** The value of the input, in the time zone of the user. */
  at: string
  amount: Amount
  gate?: GateDraft | undefined
}

export type FailureDraft = {
  max_failures: Amount
  max_failure_percent: Amount
  min_ended: Amount
  scope: 'phase' | 'deployment'
  /** Blank: none. */
  timeout: Duration
  action: 'pause' | 'abort' | 'rollback'
  release: string
}

export type InFlightDraft = { amount: Amount; unit: 'devices' | 'percent' }
export type ExcludeDraft = { filter_id: string; device_ids: string[] }
export type Window = NonNullable<NewSchedule['windows']>[number]
export type Blackout = NonNullable<NewSchedule['blackouts']>[number]
export type ScheduleDraft = {
  windows: Window[]
  blackouts: Blackout[]
  /** The time zone; with an attribute, that of devices without it. */
  zone: string
  /** The attribute of devices that has their time zone; undefined: all devices use `zone`. */
  attribute: { scope: string; attribute: string } | undefined
}

/** How a rollout proceeds. Rules that are undefined do not apply. */
export type RulesDraft = {
  phases: PhaseDraft[]
  failures?: FailureDraft | undefined
  confirm?: Duration | undefined
  in_flight?: InFlightDraft | undefined
  rate?: { amount: Amount } | undefined
  random?: true | undefined
  urgent?: true | undefined
  no_downgrade?: true | undefined
  exclude?: ExcludeDraft | undefined
  schedule?: ScheduleDraft | undefined
}

/** The props of the fields of a rule. `problems`: by member of the request. */
export type EditorProps = {
  rules: RulesDraft
  problems: Readonly<Record<string, string>>
  onChange: (changes: Partial<RulesDraft>) => void
}

let lastKey = 0
export const newPhase = (changes: Partial<PhaseDraft> = {}): PhaseDraft => ({
  ...{ key: Date.now() + lastKey++, percent: '', when: 'hours', at: '', amount: 24 },
  ...changes,
})

export const newGate = (changes: Partial<GateDraft> = {}): GateDraft => ({
  ...{ success_percent: 95, of: 'capacity', min_ended: '', soak: durationOf(1440), approval: 'none', verdicts: [] },
  ...changes,
})

export const allAtOnce = (): RulesDraft => ({ phases: [newPhase({ when: 'now' })] })

/**
 * The phases as they can be: the last one takes the rest, without a gate; the first one opens by the clock; others wait
 * for the gate before them, if there is one.
 */
export function possible(phases: readonly PhaseDraft[]): PhaseDraft[] {
  const last = phases.length - 1
  return phases.map((phase, i) => ({
    ...phase,
    ...(i === last ? { gate: undefined, named: undefined } : {}),
    when: startAt(phase, i, phases[i - 1]),
  }))
}

function startAt({ when }: PhaseDraft, index: number, previous: PhaseDraft | undefined): PhaseDraft['when'] {
  if (when === 'at') return 'at'
  if (index === 0) return 'now'
  if (previous?.gate) return 'gate'
  return when === 'days' ? 'days' : 'hours'
}
