import { Alert, Autocomplete, Button, Group, List, Modal, Progress, Stack, Text, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useRef, useState } from 'react'
import { DEVICES_KEY, type DevicesChanged, useGroups } from '../../api/devices.ts'
import { problemOf } from '../../api/http.ts'
import { Failure } from '../../parts/failure.tsx'
import { counted, whole } from '../../parts/numbers.ts'
import { type Action, allOf, runBulk, type Which } from './bulk.ts'
import type { Selection } from './selection.ts'

type Props = {
  action: Action
  selection: Selection
  which: Which
  total: number
  onClose: (isDone: boolean) => void
}

type Words = { verb: string; done: string; means: string; color?: string }

const WORDS: Record<Action, Words> = {
  accept: {
    ...{ verb: 'Accept', done: 'accepted' },
    means: 'They are trusted by the key they asked with, and take part in deployments from their next request on.',
  },
  reject: {
    ...{ verb: 'Reject', done: 'rejected', color: 'red' },
    means: 'They are shut out at once. What is running on them stays as it is. They can be accepted again.',
  },
  decommission: {
    ...{ verb: 'Decommission', done: 'decommissioned', color: 'red' },
    means:
      'Their keys, attributes, tags and pending work are removed for good, and deployments count them as ended. A device that asks again is a new one.',
  },
  group: {
    ...{ verb: 'Put into a group', done: 'put into the group' },
    means: 'A device is in one group at most: it leaves the one it is in. Deployments that are running do not change.',
  },
}

/** Asks, does, and reports: how many were changed, and which were not and why. */
export function BulkDialog({ action, selection, which, total, onClose }: Props) {
  const [count] = useState(selection.all ? total : selection.ids.size)
  const [group, setGroup] = useState('')
  const [progress, setProgress] = useState<DevicesChanged>({ changed: 0, failed: [] })
  const stop = useRef(new AbortController())
  const queries = useQueryClient()
  const running = useMutation({
    mutationFn: async () => {
      stop.current = new AbortController()
      const target = selection.all ? await allOf(which) : { ids: [...selection.ids] }
      return runBulk({ action, target, group, onProgress: setProgress, signal: stop.current.signal })
    },
    onSettled: () => queries.invalidateQueries({ queryKey: DEVICES_KEY }),
  })
  const { verb } = WORDS[action]
  const title =
    action === 'group' ? `Put ${counted(count, 'device')} into a group` : `${verb} ${counted(count, 'device')}`
  const close = () => {
    stop.current.abort()
    onClose(running.isSuccess)
  }
  return (
    <Modal opened onClose={close} title={title} closeOnClickOutside={!running.isPending}>
      {running.isSuccess ? (
        <Outcome {...{ action, group, count }} outcome={running.data} onClose={close} />
      ) : running.isPending ? (
        <Running {...{ progress, count }} onStop={() => stop.current.abort()} />
      ) : (
        <Question
          {...{ action, count, group }}
          onGroup={setGroup}
          error={running.error}
          onCancel={close}
          onGo={() => running.mutate()}
        />
      )}
    </Modal>
  )
}

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

function Question({ action, count, group, onGroup, error, onCancel, onGo }: QuestionProps) {
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
          description="One that there is, or a new one"
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
          {isGroup ? `Move ${counted(count, 'device')}` : `${verb} ${counted(count, 'device')}`}
        </Button>
      </Group>
    </Stack>
  )
}

type RunningProps = { progress: DevicesChanged; count: number; onStop: () => void }

function Running({ progress, count, onStop }: RunningProps) {
  const done = progress.changed + progress.failed.length
  return (
    <Stack>
      <Progress value={(100 * done) / Math.max(count, 1)} animated aria-label="Devices done" />
      <Group justify="space-between">
        <Text size="sm" className="numbers" aria-live="polite">
          {whole(done)} of {whole(count)}
        </Text>
        <Button variant="default" onClick={onStop}>
          Stop
        </Button>
      </Group>
    </Stack>
  )
}

type OutcomeProps = { action: Action; group: string; count: number; outcome: DevicesChanged; onClose: () => void }
const MOST_SHOWN = 20

function Outcome({ action, group, count, outcome: { changed, failed }, onClose }: OutcomeProps) {
  const untouched = count - changed - failed.length
  return (
    <Stack>
      <Alert color={failed.length > 0 ? 'yellow' : 'teal'} variant="light" role="status">
        <Text size="sm" fw={600}>
          {counted(changed, 'device')} {WORDS[action].done}
          {action === 'group' ? ` ${group}` : ''}
          {failed.length > 0 ? `, ${whole(failed.length)} failed` : ''}.
        </Text>
        {untouched > 0 && (
          <Text size="sm">{counted(untouched, 'device')} left as before: stopped, or no longer in the list.</Text>
        )}
      </Alert>
      {failed.length > 0 && (
        <List size="sm" spacing={4}>
          {failed.slice(0, MOST_SHOWN).map(({ id, error }) => (
            <List.Item key={id}>
              <span className="mono">{id}</span>: {error}
            </List.Item>
          ))}
          {failed.length > MOST_SHOWN && <List.Item>and {whole(failed.length - MOST_SHOWN)} more</List.Item>}
        </List>
      )}
      <Group justify="flex-end">
        <Button onClick={onClose} data-autofocus>
          Done
        </Button>
      </Group>
    </Stack>
  )
}
