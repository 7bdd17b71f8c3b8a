import { Progress } from '@mantine/core'
import type { DeviceStatus } from '../../src/deployments/device-status.ts'
import { counted, whole } from './numbers.ts'
import { DEVICE_LOOK, DEVICE_STATUS_ORDER } from './status.ts'

type Counts = Partial<Record<DeviceStatus, number>>
type Props = { counts: Counts; total: number; size?: string }

/** Devices by status as one bar; what is missing to `total` is empty. */
export function CountsBar({ counts, total, size = 'lg' }: Props) {
  const shown = DEVICE_STATUS_ORDER.filter((status) => (counts[status] ?? 0) > 0)
  const words = shown.map((status) => `${whole(counts[status] ?? 0)} ${DEVICE_LOOK[status].label.toLowerCase()}`)
  return (
    <Progress.Root size={size} role="img" aria-label={`${counted(total, 'device')}: ${words.join(', ') || 'none yet'}`}>
      {shown.map((status) => (
        <Progress.Section
          key={status}
          value={(100 * (counts[status] ?? 0)) / Math.max(total, 1)}
          color={DEVICE_LOOK[status].color}
          role="presentation"
          withAria={false}
        />
      ))}
    </Progress.Root>
  )
}
