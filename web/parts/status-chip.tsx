import { Badge } from '@mantine/core'
import type { StatusStyle } from '../../src/texts/statuses.ts'

type Props = { statusStyle: StatusStyle | undefined; status: string }

/** A status in its color, with its description as the tooltip. Unknown statuses are shown as they are. */
export function StatusChip({ statusStyle, status }: Props) {
  const { label, color, description } = statusStyle ?? { label: status, color: 'gray', description: status }
  return (
    <Badge className="chip" color={color} variant="dot" tt="none" fw={550} title={description}>
      {label}
    </Badge>
  )
}
