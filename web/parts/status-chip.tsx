import './status-chip.css'
import type { CSSProperties } from 'react'
import type { StatusStyle } from '../../src/texts/statuses.ts'

type Props = { statusStyle: StatusStyle | undefined; status: string }

/** Colors of what has gone wrong or waits for somebody: it stands out from what is as it should be. */
const LOUD = new Set(['red', 'orange', 'yellow'])

/** A status in its color, with its description as the tooltip. Unknown statuses are shown as they are. */
export function StatusChip({ statusStyle, status }: Props) {
  const { label, color, description } = statusStyle ?? { label: status, color: 'gray', description: status }
  const [name, shade = 'filled'] = color.split('.')
  const variables = {
    '--status-text': `var(--mantine-color-${name}-text)`,
    '--status-tint': `var(--mantine-color-${name}-light)`,
  }
  return (
    <span
      className="status"
      data-loud={LOUD.has(color) || undefined}
      style={variables as CSSProperties}
      title={description}
    >
      <span className="status-dot" style={{ background: `var(--mantine-color-${name}-${shade})` }} />
      {label}
    </span>
  )
}
