import { Button, Menu } from '@mantine/core'
import { IconChevronDown, IconRocket } from '@tabler/icons-react'
import { useState } from 'react'
import { Link } from 'wouter'
import { type Device, type PastDeployment, useHistory } from '../../api/devices.ts'
import { useMay } from '../../api/session.ts'
import { attributeOf, statusOf, useNameOf } from '../device-facts.ts'
import { deployToDevices } from '../links.ts'
import { PinDialog } from '../pin/pin-dialog.tsx'

/** As the list of the history on the page of the device, so that it is read once. */
const HISTORY_PAGE = { page: 1, per_page: 20 }

/** What a user can do about the updates of a device: deploy to it, also what it had before, and pin it. */
export function DeviceUpdates({ device }: { device: Device }) {
  const [isPinning, setPinning] = useState(false)
  const nameOf = useNameOf()
  const may = useMay()
  const { data: history } = useHistory(device.id, HISTORY_PAGE)
  if (!may('deployments') || statusOf(device) !== 'accepted') return null
  const before = previousRelease(history?.rows ?? [], attributeOf(device, 'inventory', 'artifact_name'))
  const is_pinned = attributeOf(device, 'system', 'pinned_until') !== undefined
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button
            variant="default"
            leftSection={<IconRocket size={16} aria-hidden />}
            rightSection={<IconChevronDown size={16} aria-hidden />}
          >
            Update
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item component={Link} href={deployToDevices([device.id])}>
            Deploy a release
          </Menu.Item>
          {before && (
            <Menu.Item component={Link} href={deployToDevices([device.id], before)}>
              Deploy {before}, which it had before
            </Menu.Item>
          )}
          <Menu.Item onClick={() => setPinning(true)}>{is_pinned ? 'Change the pin' : 'Pin: do not update'}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {isPinning && <PinDialog id={device.id} name={nameOf(device)} onClose={() => setPinning(false)} />}
    </>
  )
}

const INSTALLED = ['success', 'already-installed']

/** The release that the device installed last, other than the one that it runs. */
const previousRelease = (history: readonly PastDeployment[], current: string | undefined): string | undefined =>
  history.find(
    ({ deployment: { type, artifact_name }, device }) =>
      type === 'software' && INSTALLED.includes(device.status) && artifact_name !== current,
  )?.deployment.artifact_name
