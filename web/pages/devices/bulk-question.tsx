import { Autocomplete, Button, Group, Stack, Text, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { counted } from '../../../src/texts/numbers.ts'
import { useGroups } from '../../api/devices.ts'
import { problemOf } from '../../api/http.ts'
import { Failure } from '../../parts/failure.tsx'
import type { Action } from './bulk.ts'
import { WORDS } from './bulk-words.ts'

type QuestionProps = {
  action: Action
  count: number
  group: string
  onGroup: (group: string) => void
  error: unknown
  onCancel: () => void
  onGo: () => void
}

/** Above it a slip of the hand is asked about twice. */
const MANY = 10

/** What it will do, in numbers, before it is done. */
export function Question({ action, count, group, onGroup, error, onCancel, onGo }: QuestionProps) {
  const { data: groups = [] } = useGroups()
  const [typed, setTyped] = useState('')
  const { verb, means, color } = WORDS[action]
  const isGuarded = action === 'decommission' && count > MANY
  const isGroup = action === 'group'
  const submit = (event: FormEvent) => {
    event.preventDefault()
    onGo()
  }
  return (
    <Stack component="form" onSubmit={submit as never}>
      <Text size="sm">{means}</Text>
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
      {isGuarded && (
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
        <Button type="submit" {...(color ? { color } : {})} disabled={isGuarded && typed.trim() !== String(count)}>
          {isGroup ? `Add ${counted(count, 'device')}` : `${verb} ${counted(count, 'device')}`}
        </Button>
      </Group>
    </Stack>
  )
}
