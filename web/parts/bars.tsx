import './bars.css'
import { Anchor, Text } from '@mantine/core'
import { Link } from 'wouter'
import { percent, whole } from '../../src/texts/numbers.ts'

export type Bar = { label: string; count: number; href?: string; color?: string }

/** A bar chart: counts with their share of the total. */
export function Bars({ of, total, label }: { of: readonly Bar[]; total: number; label: string }) {
  return (
    <ul className="bars" aria-label={label}>
      {of.map(({ label, count, href, color = 'indigo' }) => (
        <li key={label}>
          <Text size="sm" className="bar-label" component="span" title={label}>
            {href ? (
              <Anchor component={Link} href={href} inherit>
                {label}
              </Anchor>
            ) : (
              label
            )}
          </Text>
          <Text size="sm" className="numbers" component="span">
            {whole(count)}{' '}
            <Text span inherit c="dimmed">
              · {percent(count, total)}
            </Text>
          </Text>
          <BarLine {...{ count, total, color }} />
        </li>
      ))}
    </ul>
  )
}

type LineProps = { count: number; total: number; color?: string }

/** A bar whose number is beside it. */
export const BarLine = ({ count, total, color = 'indigo' }: LineProps) => (
  <span className="bar" aria-hidden>
    <span
      style={{
        width: `${(100 * count) / Math.max(total, 1)}%`,
        minWidth: count > 0 ? 2 : 0,
        background: `var(--mantine-color-${color}-filled)`,
      }}
    />
  </span>
)
