import { Button, Menu } from '@mantine/core'
import { IconChevronDown } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useLocation } from 'wouter'
import { changeDevices, DEVICES_KEY, type Device, leaveGroup, type TrustedDevice } from '../../api/devices.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { attributeOf, nameOf } from '../../parts/device-facts.ts'
import { GroupDialog } from './group-dialog.tsx'

type Action = 'accept' | 'reject' | 'decommission'
type Props = { device: Device; trust: TrustedDevice }

const QUESTIONS: Record<Action, { verb: string; means: string; color?: string }> = {
  accept: {
    verb: 'Accept',
    means: 'Its current key is trusted, and it takes part in deployments from its next request.',
    color: 'indigo',
  },
  reject: {
    verb: 'Reject',
    means:
      'It loses access immediately and receives no more updates. Its installed software does not change. You can accept it again later.',
  },
  decommission: {
    verb: 'Decommission',
    means:
      'Its keys, attributes, tags and pending updates are permanently deleted, and running deployments count it as decommissioned. If it connects again, it appears as a new device.',
  },
}

/** What can be done with a device, as far as its keys allow. */
export function Actions({ device, trust }: Props) {
  const [asking, setAsking] = useState<Action | 'group'>()
  const queries = useQueryClient()
  const [, go] = useLocation()
  const waiting = trust.auth_sets.filter(({ status }) => status === 'pending').length
  const rejected = trust.auth_sets.filter(({ status }) => status === 'rejected').length
  const canAccept = trust.status !== 'accepted' && (waiting === 1 || (waiting === 0 && rejected === 1))
  const canReject = trust.status === 'accepted' || trust.status === 'pending'
  const group = attributeOf(device, 'system', 'group')
  const renew = () => queries.invalidateQueries({ queryKey: DEVICES_KEY })
  const act = async (action: Action) => {
    const { failed } = await changeDevices({ action, device_ids: [device.id] })
    if (failed[0]) throw new Error(failed[0].error)
    if (action === 'decommission') go('/devices')
    await renew()
  }
  return (
    <>
      {canAccept && <Button onClick={() => setAsking('accept')}>Accept</Button>}
      {canReject && (
        <Button variant="default" onClick={() => setAsking('reject')}>
          Reject
        </Button>
      )}
      <Menu position="bottom-end">
        <Menu.Target>
          <Button variant="default" rightSection={<IconChevronDown size={16} aria-hidden />}>
            More
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => setAsking('group')}>{group ? 'Change group' : 'Add to group'}</Menu.Item>
          {group && (
            <Menu.Item onClick={() => leaveGroup(device.id, group).finally(renew)}>Remove from {group}</Menu.Item>
          )}
          <Menu.Item color="red" onClick={() => setAsking('decommission')}>
            Decommission
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {asking === 'group' && <GroupDialog device={device} onClose={() => setAsking(undefined)} />}
      {asking && asking !== 'group' && (
        <Confirm
          title={`${QUESTIONS[asking].verb} ${nameOf(device)}?`}
          action={`${QUESTIONS[asking].verb} device`}
          color={QUESTIONS[asking].color ?? 'red'}
          onConfirm={() => act(asking)}
          onClose={() => setAsking(undefined)}
        >
          {QUESTIONS[asking].means}
        </Confirm>
      )}
    </>
  )
}
