import { Anchor, Button, Code } from '@mantine/core'
import { IconDevicesOff } from '@tabler/icons-react'
import { Link } from 'wouter'
import { SERVER_URL, withBasePath } from '../../api/base-path.ts'
import { Empty } from '../../parts/empty.tsx'
import { PastEnd } from '../../parts/past-end.tsx'
import { statusLabel, type View } from './address.ts'

type Props = { view: View; total: number; onChange: (change: Partial<View>) => void }

/** Why the list is empty, and the next step. */
export function NoDevices({ view, total, onChange }: Props) {
  const icon = IconDevicesOff
  if (total > 0) return <PastEnd onFirst={() => onChange({ page: 1 })} />
  if (view.text || view.terms.length > 0)
    return (
      <Empty
        icon={icon}
        title="No matching devices"
        action={
          <Button variant="default" onClick={() => onChange({ status: '', text: '', terms: [] })}>
            Show all devices
          </Button>
        }
      >
        Try fewer conditions or another search text.
      </Empty>
    )
  if (view.status)
    return (
      <Empty icon={icon} title={`No ${statusLabel(view.status).toLowerCase()} devices`}>
        {view.status === 'pending' ? 'New devices appear here when they first connect.' : 'Try another status.'}
      </Empty>
    )
  return (
    <Empty icon={icon} title="No devices yet">
      Set <Code>ServerURL</Code> in the client configuration of a device to <Code>{SERVER_URL}</Code>. The device
      appears here as soon as it connects, and you decide whether to accept it. No device at hand?{' '}
      <Code>npm run demo</Code> shows a rollout to simulated devices. Devices with SWUpdate, RAUC, Zephyr or another
      client of hawkBit connect as{' '}
      <Anchor component={Link} href="/settings/ddi" underline="always">
        the settings for DDI
      </Anchor>{' '}
      say. Devices that you know in advance can be preauthorized through{' '}
      <Anchor href={withBasePath('/api/docs')} underline="always">
        the API
      </Anchor>
      .
    </Empty>
  )
}
