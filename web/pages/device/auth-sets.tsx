import { Button, Code, Collapse, Group, Stack, Text } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { AUTH_STATUS_STYLES } from '../../../src/texts/statuses.ts'
import { type AuthDevice, DEVICES_KEY, deleteAuthSet, setAuthSetStatus } from '../../api/devices.ts'
import { useMay } from '../../api/session.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { Failure } from '../../parts/failure.tsx'
import { Section } from '../../parts/section.tsx'
import { StatusChip } from '../../parts/status-chip.tsx'
import { Time } from '../../parts/time.tsx'

type AuthSet = AuthDevice['auth_sets'][number]

/** The identities and keys with which the device has requested authentication. */
export function AuthSets({ device }: { device: AuthDevice }) {
  return (
    <Section title="Authentication sets">
      {device.auth_sets.length === 0 ? (
        <Text size="sm" c="dimmed">
          None. When the device connects again, it appears here.
        </Text>
      ) : (
        <Stack gap="md" component="ul" className="unstyled-list">
          {device.auth_sets.map((set) => (
            <li key={set.id}>
              <AuthSetItem device_id={device.id} set={set} />
            </li>
          ))}
        </Stack>
      )}
    </Section>
  )
}

function AuthSetItem({ device_id, set }: { device_id: string; set: AuthSet }) {
  const [shown, setShown] = useState(false)
  const [dismissing, setDismissing] = useState(false)
  const may = useMay()
  const queries = useQueryClient()
  const refetch = () => queries.invalidateQueries({ queryKey: DEVICES_KEY })
  // Devices that speak DDI have none.
  const hasKey = set.pubkey !== ''
  const ids = { device_id, auth_set_id: set.id }
  const change = useMutation({ mutationFn: (status: string) => setAuthSetStatus(ids, status), onSettled: refetch })
  const choices = may('devices') ? CHOICES.filter(({ from }) => from.includes(set.status)) : []
  return (
    <Stack gap="xs">
      <Group justify="space-between" gap="xs">
        <Group gap="xs">
          <StatusChip statusStyle={AUTH_STATUS_STYLES[set.status]} status={set.status} />
          <Text size="sm" c="dimmed">
            first seen <Time at={set.ts} />
          </Text>
        </Group>
        <Group gap="xs">
          {hasKey && (
            <Button size="compact-xs" variant="subtle" aria-expanded={shown} onClick={() => setShown(!shown)}>
              {shown ? 'Hide key' : 'Show key'}
            </Button>
          )}
          {choices.map(({ status, verb }) => (
            <Button
              key={status}
              size="compact-xs"
              variant="default"
              loading={change.isPending && change.variables === status}
              onClick={() => change.mutate(status)}
            >
              {hasKey ? `${verb} key` : verb}
            </Button>
          ))}
          {may('devices') && (
            <Button size="compact-xs" variant="subtle" color="red" onClick={() => setDismissing(true)}>
              Dismiss
            </Button>
          )}
        </Group>
      </Group>
      {hasKey && (
        <Collapse expanded={shown}>
          <Code block className="pre-wrap">
            {set.pubkey}
          </Code>
        </Collapse>
      )}
      {change.error && <Failure error={change.error} />}
      {dismissing && (
        <Confirm
          title={hasKey ? 'Dismiss this key?' : 'Dismiss this authentication set?'}
          action={hasKey ? 'Dismiss key' : 'Dismiss'}
          onConfirm={() => deleteAuthSet(ids).then(refetch)}
          onClose={() => setDismissing(false)}
        >
          {set.status === 'accepted' && 'The device loses access immediately. '}
          {hasKey
            ? 'If the device connects again with this key, the key is pending.'
            : 'If the device connects again, it is pending.'}
        </Confirm>
      )}
    </Stack>
  )
}

const CHOICES = [
  { status: 'accepted', verb: 'Accept', from: ['pending', 'rejected'] },
  { status: 'rejected', verb: 'Reject', from: ['pending', 'accepted'] },
]
