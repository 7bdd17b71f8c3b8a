import { Select } from '@mantine/core'
import { AmountField } from './amount-field.tsx'
import type { EditorProps, InFlightDraft } from './draft.ts'
import { DurationField } from './duration-field.tsx'

export const ConfirmEditor = ({ rules: { confirm }, problems, onChange }: EditorProps) =>
  confirm && (
    <DurationField
      label="Must poll again within"
      value={confirm}
      error={problems.confirm_within_minutes}
      onChange={(next) => onChange({ confirm: next })}
    />
  )

export function InFlightEditor({ rules: { in_flight }, problems, onChange }: EditorProps) {
  if (!in_flight) return null
  const edit = (changes: Partial<InFlightDraft>) => onChange({ in_flight: { ...in_flight, ...changes } })
  return (
    <>
      <AmountField
        label="At most"
        w={120}
        value={in_flight.amount}
        error={problems.max_in_flight ?? problems.max_in_flight_percent}
        onChange={(amount) => edit({ amount })}
      />
      <Select
        label="Unit"
        w={200}
        allowDeselect={false}
        data={[
          { value: 'devices', label: 'devices' },
          { value: 'percent', label: '% of the devices' },
        ]}
        value={in_flight.unit}
        onChange={(unit) => edit({ unit: unit as InFlightDraft['unit'] })}
      />
    </>
  )
}

export const RateEditor = ({ rules: { rate }, problems, onChange }: EditorProps) =>
  rate && (
    <AmountField
      label="At most"
      suffix=" devices per minute"
      w={230}
      value={rate.amount}
      error={problems.offers_per_minute}
      onChange={(amount) => onChange({ rate: { amount } })}
    />
  )
