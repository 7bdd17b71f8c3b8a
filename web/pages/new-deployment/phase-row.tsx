import { ActionIcon, NumberInput, Select, TextInput } from '@mantine/core'
import { IconTrash } from '@tabler/icons-react'
import { useSession } from '../../api/session.ts'
import type { PhaseDraft } from './draft.ts'

type Props = {
  phase: PhaseDraft
  number: number
  /** Percent that are left for it; undefined: it has its own. */
  rest: number | undefined
  problems: { percent: string | undefined; start: string | undefined }
  onChange: (changes: Partial<PhaseDraft>) => void
  onRemove: (() => void) | undefined
}

export function PhaseRow({ phase, number, rest, problems, onChange, onRemove }: Props) {
  const name = `Phase ${number}`
  const { percent, when } = phase
  return (
    <div className="phase-row">
      <NumberInput
        label={name}
        aria-label={`${name}: percent`}
        suffix={rest === undefined ? ' %' : ' % (the rest)'}
        min={1}
        max={100}
        clampBehavior="none"
        allowDecimal={false}
        hideControls
        readOnly={rest !== undefined}
        variant={rest === undefined ? 'default' : 'filled'}
        value={rest ?? percent}
        error={problems.percent}
        onChange={(value) => onChange({ percent: value === '' ? '' : Number(value) })}
      />
      <When {...{ phase, number, problems, onChange }} isAlone={rest === 100 && number === 1} />
      {when === 'after' && <After {...{ phase, number, problems, onChange }} />}
      {onRemove && (
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={`Remove phase ${number}`} onClick={onRemove}>
          <IconTrash size={18} stroke={1.6} aria-hidden />
        </ActionIcon>
      )}
    </div>
  )
}

type Part = Pick<Props, 'phase' | 'number' | 'problems' | 'onChange'>

function When({ phase: { when, at }, number, problems, onChange, isAlone }: Part & { isAlone: boolean }) {
  const { features } = useSession()
  const first = number === 1
  return (
    <>
      <Select
        label="Starts"
        aria-label={`Phase ${number}: starts`}
        allowDeselect={false}
        data={[
          first ? { value: 'now', label: 'Now' } : { value: 'after', label: 'Some time after' },
          { value: 'at', label: 'At a date and time', disabled: first && !features.scheduled_deployments },
        ]}
        value={when}
        onChange={(next) => onChange({ when: next as PhaseDraft['when'] })}
        {...(first && isAlone && !features.scheduled_deployments
          ? {
              description: 'Starting later is not in your plan.',
              inputWrapperOrder: ['label', 'input', 'description', 'error'],
            }
          : {})}
      />
      {when === 'at' && (
        <TextInput
          type="datetime-local"
          label="Date and time"
          aria-label={`Phase ${number}: date and time`}
          value={at}
          error={problems.start}
          onChange={({ currentTarget: { value } }) => onChange({ at: value })}
        />
      )}
    </>
  )
}

function After({ phase: { amount, unit }, number, problems, onChange }: Part) {
  return (
    <div className="after">
      <NumberInput
        label="After the one before"
        aria-label={`Phase ${number}: how long after`}
        min={0}
        clampBehavior="none"
        hideControls
        value={amount}
        error={problems.start}
        onChange={(value) => onChange({ amount: value === '' ? '' : Number(value) })}
      />
      <Select
        aria-label={`Phase ${number}: unit`}
        allowDeselect={false}
        data={['hours', 'days']}
        value={unit}
        onChange={(next) => onChange({ unit: next as PhaseDraft['unit'] })}
      />
    </div>
  )
}
