import { Input, Select } from '@mantine/core'
import { useId } from 'react'
import { AmountField } from './amount-field.tsx'
import { type Duration, UNIT_NAMES, type Unit } from './duration.ts'

type Props = {
  label: string
  description?: string
  placeholder?: string
  value: Duration
  error?: string | undefined
  onChange: (value: Duration) => void
}

/** A number of minutes, hours or days, which may be blank. */
export function DurationField({ label, description, placeholder, value, error, onChange }: Props) {
  const id = useId()
  return (
    <Input.Wrapper id={id} label={label} description={description} error={error} className="duration">
      <div className="duration-fields">
        <AmountField
          id={id}
          className="duration-amount"
          value={value.amount}
          error={error !== undefined}
          {...(placeholder ? { placeholder } : {})}
          onChange={(amount) => onChange({ ...value, amount })}
        />
        <Select
          className="duration-unit"
          aria-label={`${label}: unit`}
          allowDeselect={false}
          data={UNIT_NAMES}
          value={value.unit}
          onChange={(unit) => onChange({ ...value, unit: unit as Unit })}
        />
      </div>
    </Input.Wrapper>
  )
}
