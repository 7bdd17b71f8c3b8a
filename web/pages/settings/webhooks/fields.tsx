import { MultiSelect, TextInput } from '@mantine/core'
import type { EventType, Format } from '../../../api/webhooks.ts'
import { eventChoices, noneChosen } from './events.ts'

const SECRET_BYTES = 32

export function randomSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(SECRET_BYTES))
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

type TextProps = { value: string; error?: string | undefined; onChange: (value: string) => void }

export const UrlField = ({ value, error, onChange }: TextProps) => (
  <TextInput
    label="URL"
    description="Where events are sent. The address must be public, unless the configuration of the server allows it."
    type="url"
    required
    value={value}
    error={error}
    onChange={({ currentTarget }) => onChange(currentTarget.value)}
  />
)

export const RecipientsField = ({ value, error, onChange }: TextProps) => (
  <TextInput
    label="Recipients"
    description="E-mail addresses, with commas between them."
    required
    value={value}
    error={error}
    onChange={({ currentTarget }) => onChange(currentTarget.value)}
  />
)

export const SecretField = ({ value, error, onChange }: TextProps) => (
  <TextInput
    label="Secret"
    description="The key of the signatures, in hexadecimal. Copy it now: it is not shown again. Without one, nothing is signed."
    className="mono"
    autoComplete="off"
    value={value}
    error={error}
    onChange={({ currentTarget }) => onChange(currentTarget.value)}
  />
)

export const DescriptionField = ({ value, onChange }: TextProps) => (
  <TextInput
    label="Description"
    description="What it is for, such as ops chat."
    maxLength={1024}
    value={value}
    onChange={({ currentTarget }) => onChange(currentTarget.value)}
  />
)

type EventsProps = {
  format: Format
  value: EventType[]
  error?: string | undefined
  onChange: (value: EventType[]) => void
}

export const EventsField = ({ format, value, error, onChange }: EventsProps) => (
  <MultiSelect
    label="Events"
    description={value.length === 0 ? noneChosen(format) : 'Only these are sent.'}
    data={eventChoices(format)}
    value={value}
    error={error}
    searchable
    clearable
    onChange={(chosen) => onChange(chosen as EventType[])}
  />
)
