import { ActionIcon, NumberInput, Select, TextInput } from '@mantine/core'
import { IconTrash } from '@tabler/icons-react'
import { useSession } from '../../api/session.ts'
import type { PhaseDraft } from './draft.ts'

type Props = {
  phase: PhaseDraft
  number: number
  /** The remaining percentage of the last phase; undefined for the other phases. */
  rest: number | undefined
  problems: { percent: string | undefined; start: string | undefined }
  onChange: (changes: Partial<PhaseDraft>) => void
  onRemove: (() => void) | undefined
}

/** The percentage and the start of a phase. */
export function PhaseRow({ phase, number, rest, problems, onChange, onRemove }: Props) {
  return (
    <div className="phase-row">
      <NumberInput
        className="percent"
        label={`Phase ${number}`}
        aria-label={`Phase ${number}: percent`}
        suffix={rest === undefined ? ' %' : ' % (remaining)'}
        min={1}
        max={100}
        clampBehavior="none"
        allowDecimal={false}
        hideControls
        readOnly={rest !== undefined}
        variant={rest === undefined ? 'default' : 'filled'}
        value={rest ?? phase.percent}
        error={problems.percent}
        onChange={(value) => onChange({ percent: value === '' ? '' : Number(value) })}
      />
      <Start {...{ phase, number, onChange }} problem={problems.start} />
      {onRemove && (
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={`Remove phase ${number}`} onClick={onRemove}>
          <IconTrash size={18} stroke={1.6} aria-hidden />
        </ActionIcon>
      )}
    </div>
  )
}

type StartProps = Pick<Props, 'phase' | 'number' | 'onChange'> & { problem: string | undefined }

function Start({ phase: { when, at, amount }, number, problem, onChange }: StartProps) {
  const { features } = useSession()
  const name = (part: string) => ({ 'aria-label': `Phase ${number}: ${part}` })
  const data =
    number === 1
      ? [
          { value: 'now', label: 'now' },
          { value: 'at', label: 'at a date and time', disabled: !features.scheduled_deployments },
        ]
      : [
          { value: 'hours', label: `hours after phase ${number - 1}` },
          { value: 'days', label: `days after phase ${number - 1}` },
          { value: 'at', label: 'at a date and time' },
        ]
  return (
    <>
      {(when === 'hours' || when === 'days') && (
        <NumberInput
          className="amount"
          {...name('delay')}
          min={0}
          clampBehavior="none"
          hideControls
          value={amount}
          error={problem}
          onChange={(value) => onChange({ amount: value === '' ? '' : Number(value) })}
        />
      )}
      <Select
        className="when"
        {...name('start')}
        allowDeselect={false}
        data={data}
        value={when}
        onChange={(next) => onChange({ when: next as PhaseDraft['when'] })}
      />
      {when === 'at' && (
        <TextInput
          type="datetime-local"
          {...name('date and time')}
          value={at}
          error={problem}
          onChange={({ currentTarget: { value } }) => onChange({ at: value })}
        />
      )}
    </>
  )
}
