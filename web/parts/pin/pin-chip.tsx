import { Badge } from '@mantine/core'
import { IconPinned } from '@tabler/icons-react'
import type { Device } from '../../api/devices.ts'
import { attributeOf } from '../device-facts.ts'
import { useNow } from '../time.tsx'
import { absolute } from '../zone.ts'

/** That a device is pinned, with the reason as the tooltip. Nothing if it is not, or not any more. */
export function PinChip({ device }: { device: Device }) {
  const now = useNow(60_000)
  const until = attributeOf(device, 'system', 'pinned_until')
  const isForever = until === 'forever'
  if (until === undefined || (!isForever && Date.parse(until) <= now)) return null
  const when = isForever ? 'Gets no update' : `Gets no update before ${absolute(until)}`
  return (
    <Badge
      variant="default"
      size="sm"
      tt="none"
      fw={550}
      className="no-shrink"
      leftSection={<IconPinned size={12} aria-hidden />}
      title={device.pin_reason ? `${when}: ${device.pin_reason}` : when}
    >
      Pinned
    </Badge>
  )
}
