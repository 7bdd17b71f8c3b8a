import { NumberInput, Select, TextInput } from '@mantine/core'
import { useSession } from '../../api/session.ts'
import type { PhaseDraft } from './draft.ts'

type Props = {
  phase: PhaseDraft
  number: number
  /** The number of the phase that a delay starts from. */
  after: number
  hasGateBefore: boolean
  problem: string | undefined
  onChange: (changes: Partial<PhaseDraft>) => void
}

/** When a phase opens: by the clock, or once the gate of the phase before is open. */
export function PhaseStart({ phase: { when, at, amount }, number, after, hasGateBefore, problem, onChange }: Props) {
  const { features } = useSession()
  const name = (part: string) => ({ 'aria-label': `Phase ${number}: ${part}` })
  const data = startsOf({ number, after, hasGateBefore, mayBeScheduled: features.scheduled_deployments === true })
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
        error={when === 'now' || when === 'gate' ? problem : undefined}
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

type Starts = Pick<Props, 'number' | 'after' | 'hasGateBefore'> & { mayBeScheduled: boolean }

function startsOf({ number, after, hasGateBefore, mayBeScheduled }: Starts) {
  if (number === 1)
    return [
      { value: 'now', label: 'now' },
      { value: 'at', label: 'at a date and time', disabled: !mayBeScheduled },
    ]
  if (hasGateBefore)
    return [
      { value: 'gate', label: 'after the gate' },
      { value: 'at', label: 'after the gate, but not before' },
    ]
  return [
    { value: 'hours', label: `hours after phase ${after}` },
    { value: 'days', label: `days after phase ${after}` },
    { value: 'at', label: 'at a date and time' },
  ]
}
