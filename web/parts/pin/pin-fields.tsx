import { Radio, Stack, TextInput } from '@mantine/core'
import type { NewPin } from '../../api/pins.ts'
import { fromField } from '../zone.ts'

export type PinDraft = { isForever: boolean; at: string; reason: string }

export const NEW_PIN: PinDraft = { isForever: true, at: '', reason: '' }

/** The pin of a draft; undefined: something is missing. */
export function toPin({ isForever, at, reason }: PinDraft): NewPin | undefined {
  const text = reason.trim()
  if (text === '') return undefined
  if (isForever) return { reason: text }
  const not_before = fromField(at)
  return not_before === undefined ? undefined : { reason: text, not_before }
}

type Props = { value: PinDraft; onChange: (value: PinDraft) => void }

/** How long to keep devices from updates, and why. */
export function PinFields({ value, onChange }: Props) {
  return (
    <Stack gap="sm">
      <Radio.Group
        label="How long"
        value={value.isForever ? 'forever' : 'until'}
        onChange={(chosen) => onChange({ ...value, isForever: chosen === 'forever' })}
      >
        <Stack gap="xs" mt="2xs">
          <Radio value="forever" label="Never update, until somebody removes the pin" />
          <Radio value="until" label="Not before a date and time" />
        </Stack>
      </Radio.Group>
      {!value.isForever && (
        <TextInput
          type="datetime-local"
          label="Not before"
          required
          value={value.at}
          onChange={({ currentTarget: { value: at } }) => onChange({ ...value, at })}
        />
      )}
      <TextInput
        label="Reason"
        required
        maxLength={1024}
        placeholder="On the stand until the fair is over"
        description="Shown wherever the pin keeps back an update, and in the audit log."
        value={value.reason}
        onChange={({ currentTarget: { value: reason } }) => onChange({ ...value, reason })}
      />
    </Stack>
  )
}
