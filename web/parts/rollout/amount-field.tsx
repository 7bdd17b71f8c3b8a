import { NumberInput, type NumberInputProps } from '@mantine/core'
import type { Amount } from './duration.ts'

type Props = Omit<NumberInputProps, 'value' | 'onChange' | 'error'> & {
  value: Amount
  error?: string | boolean | undefined
  onChange: (value: Amount) => void
}

/** A whole number from 1, which may be blank. The server checks its limits. */
export const AmountField = ({ onChange, ...props }: Props) => (
  <NumberInput
    min={1}
    clampBehavior="none"
    allowDecimal={false}
    hideControls
    thousandSeparator=","
    {...props}
    onChange={(value) => onChange(value === '' ? '' : Number(value))}
  />
)
