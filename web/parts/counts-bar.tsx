import { Progress } from '@mantine/core'
import { counted } from '../../src/texts/numbers.ts'
import { type Counts, countTexts, DEVICE_LOOK, DEVICE_STATUS_ORDER } from '../../src/texts/statuses.ts'

type Props = { counts: Counts; total: number; size?: string }

/** Devices by status as one bar; what is missing to `total` is empty. */
export function CountsBar({ counts, total, size = 'lg' }: Props) {
  const shown = DEVICE_STATUS_ORDER.filter((status) => (counts[status] ?? 0) > 0)
  const words = countTexts(counts)
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
