import type { ComponentType } from 'react'
import type { EditorProps, RulesDraft } from './draft.ts'
import { ExcludeEditor } from './exclude-editor.tsx'
import { FailureEditor } from './failure-editor.tsx'
import { ConfirmEditor, InFlightEditor, RateEditor } from './limit-editors.tsx'
import { ScheduleEditor } from './schedule-editor.tsx'

export type RuleKind = Exclude<keyof RulesDraft, 'phases'>

type Rule = {
  kind: RuleKind
  label: string
  about: string
  /** The members of a request that it sets. */
  members: readonly string[]
  initial: Partial<RulesDraft>
  /** undefined: it has no fields. */
  Editor?: ComponentType<EditorProps>
}

/** The rules that a rollout may have, besides its phases. */
export const RULES: readonly Rule[] = [
  {
    ...{ kind: 'failures', label: 'Failure policy', about: 'Stop if devices fail or do not respond' },
    members: ['failure_policy'],
    initial: {
      failures: {
        ...{ max_failures: '', max_failure_percent: 5, min_ended: 20, scope: 'phase' },
        ...{ timeout: { amount: 2, unit: 'hours' }, action: 'pause', release: '' },
      },
    },
    Editor: FailureEditor,
  },
  {
    ...{ kind: 'confirm', label: 'Confirmation', about: 'Count a success once the device has polled again' },
    members: ['confirm_within_minutes'],
    initial: { confirm: { amount: 1, unit: 'hours' } },
    Editor: ConfirmEditor,
  },
  {
    ...{ kind: 'in_flight', label: 'Devices at a time', about: 'Limit how many devices update at the same time' },
    members: ['max_in_flight', 'max_in_flight_percent'],
    initial: { in_flight: { amount: 100, unit: 'devices' } },
    Editor: InFlightEditor,
  },
  {
    ...{ kind: 'rate', label: 'Rate', about: 'Limit how many devices start per minute' },
    members: ['offers_per_minute'],
    initial: { rate: { amount: 100 } },
    Editor: RateEditor,
  },
  {
    ...{ kind: 'random', label: 'Random order', about: 'Other devices come first in each deployment' },
    members: ['order'],
    initial: { random: true },
  },
  {
    ...{ kind: 'no_downgrade', label: 'No downgrade', about: 'Leave out devices that have a newer version' },
    members: ['no_downgrade'],
    initial: { no_downgrade: true },
  },
  {
    ...{ kind: 'exclude', label: 'Exclusion', about: 'Leave out some of the target devices' },
    members: ['exclude'],
    initial: { exclude: { filter_id: '', device_ids: [] } },
    Editor: ExcludeEditor,
  },
  {
    ...{
      kind: 'schedule',
      label: 'Hours and days',
      about: 'Offer the update only at certain hours, or not on some days',
    },
    members: ['windows', 'blackouts', 'time_zone'],
    initial: {
      schedule: { windows: [{ from: '01:00', to: '05:00' }], blackouts: [], zone: 'UTC', attribute: undefined },
    },
    Editor: ScheduleEditor,
  },
  {
    ...{ kind: 'urgent', label: 'Urgent', about: 'Offer the update in quiet hours, too' },
    members: ['ignore_quiet_hours'],
    initial: { urgent: true },
  },
]
