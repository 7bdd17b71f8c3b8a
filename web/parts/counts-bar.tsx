import { Progress } from '@mantine/core'
import { counted } from '../../src/texts/numbers.ts'
import { type Counts, countTexts, DEVICE_STATUS_ORDER, DEVICE_STATUS_STYLES } from '../../src/texts/statuses.ts'

type Props = { counts: Counts; total: number; size?: string }

/** Devices by status as one bar; the rest up to `total` is empty. */
export function CountsBar({ counts, total, size = 'lg' }: Props) {
  const shown = DEVICE_STATUS_ORDER.filter((status) => (counts[status] ?? 0) > 0)
  const texts = countTexts(counts)
  return (
    <Progress.Root size={size} role="img" aria-label={`${counted(total, 'device')}: ${texts.join(', ') || 'none yet'}`}>
      {shown.map((status) => (
        <Progress.Section
          key={status}
          value={(100 * (counts[status] ?? 0)) / Math.max(total, 1)}
          color={DEVICE_STATUS_STYLES[status].color}
          role="presentation"
          withAria={false}
        />
      ))}
    </Progress.Root>
  )
}
