import { Autocomplete, Button, Group, Stack, Text, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { counted } from '../../../src/texts/numbers.ts'
import { useGroups } from '../../api/devices.ts'
import { problemOf } from '../../api/http.ts'
import { Failure } from '../../parts/failure.tsx'
import { type PinDraft, PinFields, toPin } from '../../parts/pin/pin-fields.tsx'
import type { Action } from './bulk.ts'
import { ACTION_TEXTS } from './bulk-texts.ts'

type QuestionProps = {
  action: Action
  count: number
  group: string
  onGroup: (group: string) => void
  pin: PinDraft
  onPin: (pin: PinDraft) => void
  error: unknown
  onCancel: () => void
  onGo: () => void
}

/** Decommissioning more devices than this must be confirmed by typing their number. */
const CONFIRM_ABOVE = 10

/** What the action will do, and the form to confirm it. */
export function Question({ action, count, group, onGroup, pin, onPin, error, onCancel, onGo }: QuestionProps) {
  const { data: groups = [] } = useGroups()
  const [typed, setTyped] = useState('')
  const { verb, description, color } = ACTION_TEXTS[action]
  const needsTyping = action === 'decommission' && count > CONFIRM_ABOVE
  const isGroup = action === 'group'
  const submit = (event: FormEvent) => {
    event.preventDefault()
    onGo()
  }
  return (
    <Stack component="form" onSubmit={submit as never}>
      <Text size="sm">{description}</Text>
      {isGroup && (
        <Autocomplete
          label="Group"
          description="Choose a group or enter a new name."
          data={groups}
          value={group}
          onChange={onGroup}
          error={error ? problemOf(error).sentence : undefined}
          data-autofocus
          required
        />
      )}
      {action === 'pin' && <PinFields value={pin} onChange={onPin} />}
      {needsTyping && (
        <TextInput
          label={`This cannot be undone. Type ${count} to confirm`}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          data-autofocus
        />
      )}
      {error && !isGroup ? <Failure error={error} /> : null}
      <Group justify="flex-end">
        <Button variant="default" onClick={onCancel}>
          Cancel
        </Button>
        <Button
          type="submit"
          {...(color ? { color } : {})}
          disabled={(needsTyping && typed.trim() !== String(count)) || (action === 'pin' && !toPin(pin))}
        >
          {isGroup ? `Add ${counted(count, 'device')}` : `${verb} ${counted(count, 'device')}`}
        </Button>
      </Group>
    </Stack>
  )
}
