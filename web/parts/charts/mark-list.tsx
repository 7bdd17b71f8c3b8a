import { Text } from '@mantine/core'
import type { Timeline } from '../../api/deployments.ts'
import { TextWithTimes, Time } from '../time.tsx'
import './charts.css'
import { type NumberedMark, numbered } from './marks.ts'
import { markText } from './progress-rows.ts'

/** The others are shown on demand. */
const MOST_SHOWN = 6

/** What the numbers above a chart mean. */
export function MarkList({ marks }: { marks: Timeline['marks'] }) {
  const all = numbered(marks)
  if (all.length === 0) return null
  const shown = all.length > MOST_SHOWN ? all.slice(-MOST_SHOWN) : all
  const hidden = all.slice(0, all.length - shown.length)
  return (
    <>
      {hidden.length > 0 && (
        <details className="chart-table">
          <summary>What happened before ({hidden.length})</summary>
          <Marks of={hidden} />
        </details>
      )}
      <Marks of={shown} />
    </>
  )
}

const Marks = ({ of }: { of: readonly NumberedMark[] }) => (
  <ol className="chart-marks" aria-label="What happened">
    {of.map((mark) => (
      <li key={mark.number}>
        <span className="chart-mark-number numbers">{mark.number}</span>
        <span>
          {markText(mark)}
          {mark.by && ` by ${mark.by}`}{' '}
          <Text span inherit c="dimmed">
            · <Time at={mark.time} inherit />
            {mark.text && (
              <>
                {' · '}
                <TextWithTimes text={mark.text} />
              </>
            )}
          </Text>
        </span>
      </li>
    ))}
  </ol>
)
