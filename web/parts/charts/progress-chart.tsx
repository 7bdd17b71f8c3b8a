import { useMediaQuery } from '@mantine/hooks'
import { labelsOf } from '../../../src/texts/mark-labels.ts'
import type { Timeline } from '../../api/deployments.ts'
import { numbered } from './marks.ts'
import { OUTCOMES, rowsOf } from './progress-rows.ts'
import { TimeChart } from './time-chart.tsx'

type Props = { timeline: Timeline; finished: string | undefined }

/** The devices of a deployment by outcome over time, with numbered marks. Loaded after the page: it is large. */
export default function ProgressChart({ timeline: { points, marks }, finished }: Props) {
  const is_narrow = useMediaQuery('(max-width: 48em)')
  // Corrections that devices reported later are in the table: they would make the chart much longer than the rollout.
  const rows = rowsOf(points).filter(({ at }) => finished === undefined || at <= Date.parse(finished))
  const [from, to] = [rows[0]?.at ?? 0, rows.at(-1)?.at ?? 0]
  const shown = numbered(marks).filter(({ time }) => Date.parse(time) <= to)
  return (
    <TimeChart
      h={260}
      rows={rows}
      curveType="stepAfter"
      withLegend
      series={OUTCOMES.filter(({ name }) => rows.some((row) => row[name] > 0)).map((one) => ({ ...one }))}
      referenceLines={labelsOf(shown, (to - from) * (is_narrow ? 0.08 : 0.03)).map(({ at, label }) => ({
        ...{ x: at, label, labelPosition: 'top', color: 'dimmed' },
      }))}
    />
  )
}
