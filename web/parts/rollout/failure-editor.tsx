import { Select } from '@mantine/core'
import { ReleasePicker } from '../release-picker.tsx'
import { AmountField } from './amount-field.tsx'
import type { EditorProps, FailureDraft } from './draft.ts'
import { DurationField } from './duration-field.tsx'

const SCOPES = [
  { value: 'phase', label: 'in each phase' },
  { value: 'deployment', label: 'in the whole deployment' },
]

const ACTIONS = [
  { value: 'pause', label: 'pause' },
  { value: 'abort', label: 'abort' },
  { value: 'rollback', label: 'abort and roll back' },
]

export function FailureEditor({ rules: { failures }, problems, onChange }: EditorProps) {
  if (!failures) return null
  const edit = (changes: Partial<FailureDraft>) => onChange({ failures: { ...failures, ...changes } })
  const at = (member: string) => problems[`failure_policy.${member}`]
  return (
    <>
      <AmountField
        label="Failed devices"
        placeholder="any number"
        w={140}
        value={failures.max_failures}
        error={at('max_failures') ?? problems.failure_policy}
        onChange={(max_failures) => edit({ max_failures })}
      />
      <AmountField
        label="Or share of the ended"
        suffix=" %"
        placeholder="any share"
        w={170}
        value={failures.max_failure_percent}
        error={at('max_failure_percent')}
        onChange={(max_failure_percent) => edit({ max_failure_percent })}
      />
      {failures.max_failure_percent !== '' && (
        <AmountField
          label="Once at least"
          suffix=" ended"
          placeholder="1 ended"
          w={130}
          value={failures.min_ended}
          error={at('min_ended')}
          onChange={(min_ended) => edit({ min_ended })}
        />
      )}
      <Select
        label="Counted"
        w={220}
        allowDeselect={false}
        data={SCOPES}
        value={failures.scope}
        onChange={(scope) => edit({ scope: scope as FailureDraft['scope'] })}
      />
      <DurationField
        label="Time-out of a device"
        placeholder="none"
        value={failures.timeout}
        error={at('timeout_minutes')}
        onChange={(timeout) => edit({ timeout })}
      />
      <Select
        label="Then"
        w={200}
        allowDeselect={false}
        data={ACTIONS}
        value={failures.action}
        onChange={(action) => edit({ action: action as FailureDraft['action'] })}
      />
      {failures.action === 'rollback' && (
        <div className="grow">
          <ReleasePicker
            label="Release to roll back to"
            value={failures.release}
            error={at('rollback_artifact_name')}
            onChange={(release) => edit({ release })}
          />
        </div>
      )}
    </>
  )
}
