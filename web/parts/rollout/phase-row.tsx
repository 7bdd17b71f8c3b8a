import { ActionIcon, NumberInput, Text } from '@mantine/core'
import { IconTrash } from '@tabler/icons-react'
import { counted } from '../../../src/texts/numbers.ts'
import type { PhaseDraft } from './draft.ts'
import { FilterSelect } from './filter-select.tsx'
import { PhaseStart } from './phase-start.tsx'

type Props = {
  phase: PhaseDraft
  number: number
  /** The remaining percentage of the last phase; undefined for the other phases. */
  rest: number | undefined
  /** The number of the phase that a delay starts from; undefined: phases have no times. */
  after: number | undefined
  /** Whether the gate of the previous phase opens it. */
  hasGateBefore: boolean
  problems: { devices: string | undefined; start: string | undefined }
  onChange: (changes: Partial<PhaseDraft>) => void
  onRemove: (() => void) | undefined
}

/** The devices and the start of a phase. */
export function PhaseRow({ phase, number, rest, after, hasGateBefore, problems, onChange, onRemove }: Props) {
  return (
    <div className="phase-row">
      <Devices {...{ phase, number, rest, onChange }} problem={problems.devices} />
      {after !== undefined && (
        <PhaseStart {...{ phase, number, after, hasGateBefore, onChange }} problem={problems.start} />
      )}
      {onRemove && (
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={`Remove phase ${number}`} onClick={onRemove}>
          <IconTrash size={18} stroke={1.6} aria-hidden />
        </ActionIcon>
      )}
    </div>
  )
}

type DevicesProps = Pick<Props, 'phase' | 'number' | 'rest' | 'onChange'> & { problem: string | undefined }

function Devices({ phase: { named, percent }, number, rest, problem, onChange }: DevicesProps) {
  if (named && 'filter_id' in named)
    return (
      <FilterSelect
        className="phase-devices"
        label={`Phase ${number}: devices matching`}
        value={named.filter_id}
        error={problem}
        onChange={(filter_id) => onChange({ named: { filter_id } })}
      />
    )
  if (named)
    return (
      <Text className="phase-devices" size="sm">
        Phase {number}: {counted(named.device_ids.length, 'listed device')}
        {problem && (
          <Text span inherit c="var(--mantine-color-error)">
            {' '}
            {problem}
          </Text>
        )}
      </Text>
    )
  return (
    <NumberInput
      className="phase-devices percent"
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
      value={rest ?? percent}
      error={problem}
      onChange={(value) => onChange({ percent: value === '' ? '' : Number(value) })}
    />
  )
}
