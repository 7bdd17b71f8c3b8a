import { Button, Group, Text } from '@mantine/core'
import { useState } from 'react'
import { counted, whole } from '../../../src/texts/numbers.ts'
import type { Action, DeviceQuery } from './bulk.ts'
import { BulkDialog } from './bulk-dialog.tsx'
import { NOTHING, type Selection } from './selection.ts'

type Props = {
  query: DeviceQuery
  status: string
  total: number
  /** `total` belongs to the previous query. */
  isStale: boolean
  page: string[]
  selection: Selection
  onChange: (selection: Selection) => void
}

/** `resulting`: the status that the action sets; it is not offered for devices with this status. */
const ACTIONS: { action: Action; label: string; color?: string; resulting?: string }[] = [
  { action: 'accept', label: 'Accept', resulting: 'accepted' },
  { action: 'reject', label: 'Reject', resulting: 'rejected' },
  { action: 'group', label: 'Add to group' },
  { action: 'decommission', label: 'Decommission', color: 'red' },
]

/** Actions for the selected devices, or for all pending devices if none is selected. */
export function SelectionBar({ query, status, total, isStale, page, selection, onChange }: Props) {
  const [confirming, setConfirming] = useState<{ action: Action; selection: Selection }>()
  const count = selection.all ? total : selection.ids.size
  const wholePage = page.length > 0 && page.every((id) => selection.ids.has(id))
  return (
    <>
      {count > 0 ? (
        <Group className="card selection-bar" gap="sm" role="toolbar" aria-label="Selected devices">
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
            {ACTIONS.filter(({ resulting }) => !resulting || resulting !== status).map(({ action, label, color }) => (
              <Button
                key={action}
                size="xs"
                variant={action === 'accept' ? 'filled' : 'default'}
                {...(color ? { color, variant: 'light' } : {})}
                onClick={() => setConfirming({ action, selection })}
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
          <Group className="card selection-bar" gap="sm" justify="space-between">
            <Text>
              {counted(total, 'device')} waiting to be accepted. Select devices to accept or reject, or accept all.
            </Text>
            <Button
              size="xs"
              disabled={isStale}
              onClick={() => setConfirming({ action: 'accept', selection: { all: true, ids: new Set() } })}
            >
              {total === 1 ? 'Accept it' : `Accept all ${whole(total)}`}
            </Button>
          </Group>
        )
      )}
      {confirming && (
        <BulkDialog
          {...confirming}
          {...{ query, total }}
          onClose={(isDone) => {
            setConfirming(undefined)
            if (isDone) onChange(NOTHING)
          }}
        />
      )}
    </>
  )
}
