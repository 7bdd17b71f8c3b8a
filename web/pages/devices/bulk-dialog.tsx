import { Modal } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { counted } from '../../../src/texts/numbers.ts'
import { DEVICES_KEY, type DevicesChanged } from '../../api/devices.ts'
import { NEW_PIN, toPin } from '../../parts/pin/pin-fields.tsx'
import { type Action, allOf, type DeviceQuery, groupIn, runBulk } from './bulk.ts'
import { Outcome, Running } from './bulk-outcome.tsx'
import { Question } from './bulk-question.tsx'
import { ACTION_TEXTS } from './bulk-texts.ts'
import type { Selection } from './selection.ts'

type Props = {
  action: Action
  selection: Selection
  query: DeviceQuery
  total: number
  onClose: (isDone: boolean) => void
}

/** Asks for confirmation, runs the action, and reports the changed and the failed devices. */
export function BulkDialog({ action, selection, query, total, onClose }: Props) {
  const [count] = useState(selection.all ? total : selection.ids.size)
  const [group, setGroup] = useState(action === 'ungroup' ? (groupIn(query) ?? '') : '')
  const [pin, setPin] = useState(NEW_PIN)
  const [progress, setProgress] = useState<DevicesChanged>({ changed: 0, failed: [] })
  const stop = useRef(new AbortController())
  const queries = useQueryClient()
  const running = useMutation({
    mutationFn: async () => {
      stop.current = new AbortController()
      const target = selection.all ? await allOf(query) : { ids: [...selection.ids] }
      return runBulk({ action, target, group, pin: toPin(pin), onProgress: setProgress, signal: stop.current.signal })
    },
    onSettled: () => queries.invalidateQueries({ queryKey: DEVICES_KEY }),
  })
  const { verb } = ACTION_TEXTS[action]
  const ends: Partial<Record<Action, string>> = { group: ' to a group', ungroup: ` from group ${group}` }
  const title = `${action === 'group' ? 'Add' : verb} ${counted(count, 'device')}${ends[action] ?? ''}`
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
          {...{ action, count, group, pin }}
          onGroup={setGroup}
          onPin={setPin}
          error={running.error}
          onCancel={close}
          onGo={() => running.mutate()}
        />
      )}
    </Modal>
  )
}
