import { Anchor, Button, Code } from '@mantine/core'
import { IconDevicesOff } from '@tabler/icons-react'
import { AUTH_LOOK } from '../../../src/texts/statuses.ts'
import { placed, SERVER_URL } from '../../api/place.ts'
import { Empty } from '../../parts/empty.tsx'
import type { View } from './address.ts'

type Props = { view: View; total: number; onChange: (change: Partial<View>) => void }

/** Why the list is empty, and what to do about it. */
export function NoDevices({ view, total, onChange }: Props) {
  const icon = <IconDevicesOff size={40} stroke={1.5} />
  if (total > 0)
    return (
      <Empty
        icon={icon}
        title="There is no such page"
        action={<Button onClick={() => onChange({ page: 1 })}>First page</Button>}
      >
        The list has become shorter.
      </Empty>
    )
  if (view.text || view.terms.length > 0)
    return (
      <Empty
        icon={icon}
        title="No device matches"
        action={
          <Button variant="default" onClick={() => onChange({ status: '', text: '', terms: [] })}>
            Show all devices
          </Button>
        }
      >
        Try fewer conditions or other words.
      </Empty>
    )
  if (view.status)
    return (
      <Empty icon={icon} title={`No device is ${AUTH_LOOK[view.status]?.label.toLowerCase() ?? view.status}`}>
        {view.status === 'pending'
          ? 'New devices appear here by themselves when they first ask.'
          : 'Look at another status.'}
      </Empty>
    )
  return (
    <Empty icon={icon} title="No device has asked yet">
      Set <Code>ServerURL</Code> of a device’s client to <Code>{SERVER_URL}</Code>. It appears here as soon as it asks,
      and you decide whether to accept it. No device at hand? <Code>npm run demo</Code> simulates some, and{' '}
      <Anchor href={placed('/api/docs')} underline="always">
        the API
      </Anchor>{' '}
      can preauthorize those you know.
    </Empty>
  )
}
