import { Badge } from '@mantine/core'
import type { Look } from '../../src/texts/statuses.ts'

/** A status as a word with its color; what it means is its title. */
export function StatusChip({ look, word }: { look: Look | undefined; word: string }) {
  const { label, color, means } = look ?? { label: word, color: 'gray', means: word }
  return (
    <Badge className="chip" color={color} variant="dot" tt="none" fw={550} title={means}>
      {label}
    </Badge>
  )
}
