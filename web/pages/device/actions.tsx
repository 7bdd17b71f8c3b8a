import { Button, Menu } from '@mantine/core'
import { IconChevronDown } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { useLocation } from 'wouter'
import { type AuthDevice, changeDevices, DEVICES_KEY, type Device, leaveGroup } from '../../api/devices.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { attributeOf, dialectOf, useNameOf } from '../../parts/device-facts.ts'
import { GroupDialog } from './group-dialog.tsx'

type Action = 'accept' | 'reject' | 'decommission'
export type DeviceAction = Action | 'group'
type Props = {
  device: Device
  authDevice: AuthDevice
  /** The action whose dialog is open. */
  confirming: DeviceAction | undefined
  setConfirming: (action: DeviceAction | undefined) => void
  /** Another place of the page has the button. */
  hidesAccept: boolean
}

const CONFIRMATIONS: Record<Action, { verb: string; description: string; color?: string }> = {
  accept: {
    verb: 'Accept',
    description: 'Its current key is trusted, and it takes part in deployments from its next request.',
    color: 'indigo',
  },
  reject: {
    verb: 'Reject',
    description: 'It loses access immediately and gets no more updates. Its software stays. You can accept it again.',
  },
  decommission: {
    verb: 'Decommission',
    description:
      'Its keys, tokens, attributes, tags and pending updates are permanently deleted. Running deployments count it as ' +
      'decommissioned. If it connects again, it appears as a new device.',
  },
}

/** Whether the authentication sets leave no doubt about what to accept. */
export function mayAccept({ status, auth_sets }: AuthDevice): boolean {
  const pending = auth_sets.filter((set) => set.status === 'pending').length
  const rejected = auth_sets.filter((set) => set.status === 'rejected').length
  return status !== 'accepted' && (pending === 1 || (pending === 0 && rejected === 1))
}

/** The actions that the authentication sets of the device allow. */
export function Actions({ device, authDevice, confirming, setConfirming, hidesAccept }: Props) {
  const nameOf = useNameOf()
  const queries = useQueryClient()
  const [, go] = useLocation()
  const { status } = authDevice
  const canReject = status === 'accepted' || status === 'pending'
  const group = attributeOf(device, 'system', 'group')
  const refetch = () => queries.invalidateQueries({ queryKey: DEVICES_KEY })
  const act = async (action: Action) => {
    const { failed } = await changeDevices({ action, device_ids: [device.id] })
    if (failed[0]) throw new Error(failed[0].error)
    if (action === 'decommission') go('/devices')
    await refetch()
  }
  return (
    <>
      {mayAccept(authDevice) && !hidesAccept && <Button onClick={() => setConfirming('accept')}>Accept</Button>}
      {canReject && (
        <Button variant="default" onClick={() => setConfirming('reject')}>
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
          <Menu.Item onClick={() => setConfirming('group')}>{group ? 'Change group' : 'Add to group'}</Menu.Item>
          {group && (
            <Menu.Item onClick={() => leaveGroup(device.id, group).finally(refetch)}>Remove from {group}</Menu.Item>
          )}
          <Menu.Item color="red" onClick={() => setConfirming('decommission')}>
            Decommission
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {confirming === 'group' && <GroupDialog device={device} onClose={() => setConfirming(undefined)} />}
      {confirming && confirming !== 'group' && (
        <Confirm
          title={`${CONFIRMATIONS[confirming].verb} ${nameOf(device)}?`}
          action={`${CONFIRMATIONS[confirming].verb} device`}
          color={CONFIRMATIONS[confirming].color ?? 'red'}
          onConfirm={() => act(confirming)}
          onClose={() => setConfirming(undefined)}
        >
          {dialectOf(device) === 'ddi' && confirming === 'accept'
            ? 'It is trusted, and takes part in deployments from its next request.'
            : CONFIRMATIONS[confirming].description}
        </Confirm>
      )}
    </>
  )
}
