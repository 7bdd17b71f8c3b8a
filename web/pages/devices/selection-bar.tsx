import { Button, Group, Text } from '@mantine/core'
import { useState } from 'react'
import { counted, whole } from '../../../src/texts/numbers.ts'
import type { Action, Which } from './bulk.ts'
import { BulkDialog } from './bulk-dialog.tsx'
import { NOTHING, type Selection } from './selection.ts'

type Props = {
  which: Which
  status: string
  total: number
  /** `total` is that of the list before. */
  isStale: boolean
  page: string[]
  selection: Selection
  onChange: (selection: Selection) => void
}

/** `idle`: the status of devices for which it would do nothing. */
const ACTIONS: { action: Action; label: string; color?: string; idle?: string }[] = [
  { action: 'accept', label: 'Accept', idle: 'accepted' },
  { action: 'reject', label: 'Reject', idle: 'rejected' },
  { action: 'group', label: 'Add to group' },
  { action: 'decommission', label: 'Decommission', color: 'red' },
]

/** What can be done with what is selected; where devices wait and none is, with all of them. */
export function SelectionBar({ which, status, total, isStale, page, selection, onChange }: Props) {
  const [asking, setAsking] = useState<{ action: Action; selection: Selection }>()
  const count = selection.all ? total : selection.ids.size
  const wholePage = page.length > 0 && page.every((id) => selection.ids.has(id))
  return (
    <>
      {count > 0 ? (
        <Group className="card selection" gap="sm" role="toolbar" aria-label="Selected devices">
          <Text fw={600} className="numbers" aria-live="polite">
            {counted(count, 'device')} selected
          </Text>
          {!selection.all && wholePage && total > selection.ids.size && (
            <Button
              size="xs"
              variant="subtle"
              disabled={isStale}
              onClick={() => onChange({ all: true, ids: new Set() })}
            >
              Select all {whole(total)}
            </Button>
          )}
          <Group gap="xs" ml="auto">
            {ACTIONS.filter(({ idle }) => !idle || idle !== status).map(({ action, label, color }) => (
              <Button
                key={action}
                size="xs"
                variant={action === 'accept' ? 'filled' : 'default'}
                {...(color ? { color, variant: 'light' } : {})}
                onClick={() => setAsking({ action, selection })}
              >
                {label}
              </Button>
            ))}
            <Button size="xs" variant="subtle" color="gray" onClick={() => onChange(NOTHING)}>
              Clear selection
            </Button>
          </Group>
        </Group>
      ) : (
        status === 'pending' &&
        total > 0 && (
          <Group className="card selection" gap="sm" justify="space-between">
            <Text>
              {counted(total, 'device')} waiting to be accepted. Select devices to accept or reject, or accept all.
            </Text>
            <Button
              size="xs"
              disabled={isStale}
              onClick={() => setAsking({ action: 'accept', selection: { all: true, ids: new Set() } })}
            >
              {total === 1 ? 'Accept it' : `Accept all ${whole(total)}`}
            </Button>
          </Group>
        )
      )}
      {asking && (
        <BulkDialog
          {...asking}
          {...{ which, total }}
          onClose={(isDone) => {
            setAsking(undefined)
            if (isDone) onChange(NOTHING)
          }}
        />
      )}
    </>
  )
}
