import { Button, Group, Text } from '@mantine/core'
import { IconRocket } from '@tabler/icons-react'
import { useState } from 'react'
import { Link } from 'wouter'
import { counted, whole } from '../../../src/texts/numbers.ts'
import { useMay } from '../../api/session.ts'
import { deployToDevices, MAX_LINKED_DEVICES } from '../../parts/links.ts'
import { type Action, type DeviceQuery, groupIn } from './bulk.ts'
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
  { action: 'ungroup', label: 'Remove from group' },
  { action: 'decommission', label: 'Decommission', color: 'red' },
]

/** What takes the permission to deploy. */
const UPDATE_ACTIONS: typeof ACTIONS = [
  { action: 'pin', label: 'Pin' },
  { action: 'unpin', label: 'Remove pins' },
]
const MANAGING: readonly Action[] = ACTIONS.map(({ action }) => action)

/** Actions for the selected devices, or for all pending devices if none is selected. */
export function SelectionBar({ query, status, total, isStale, page, selection, onChange }: Props) {
  const [confirming, setConfirming] = useState<{ action: Action; selection: Selection }>()
  const count = selection.all ? total : selection.ids.size
  const may = useMay()
  const group = groupIn(query)
  const offered = [...UPDATE_ACTIONS, ...ACTIONS].filter(
    ({ action, resulting }) =>
      may(MANAGING.includes(action) ? 'devices' : 'deployments') &&
      (!resulting || resulting !== status) &&
      (action !== 'ungroup' || group !== undefined),
  )
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
            <DeploySelection {...{ selection, status }} />
            {offered.map(({ action, label, color }) => (
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
        may('devices') &&
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

/** Opens the form for a new deployment to the selected devices. For all of a list, the list has a button of its own. */
function DeploySelection({ selection, status }: Pick<Props, 'selection' | 'status'>) {
  const may = useMay()
  const { all, ids } = selection
  if (!may('deployments') || all || ids.size > MAX_LINKED_DEVICES || !['', 'accepted'].includes(status)) return null
  return (
    <Button
      component={Link}
      href={deployToDevices([...ids])}
      size="xs"
      variant="default"
      leftSection={<IconRocket size={14} aria-hidden />}
    >
      Deploy
    </Button>
  )
}
