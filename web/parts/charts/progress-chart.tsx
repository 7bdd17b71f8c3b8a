import type { Timeline } from '../../api/deployments.ts'
import { markText, OUTCOMES, rowsOf } from './progress-rows.ts'
import { TimeChart } from './time-chart.tsx'

/** The devices of a deployment by outcome over time, with marks. Loaded after the page: it is large. */
export default function ProgressChart({ timeline: { points, marks } }: { timeline: Timeline }) {
  return (
    <TimeChart
      h={240}
      rows={rowsOf(points)}
      curveType="stepAfter"
      series={OUTCOMES.map(({ name, label, color }) => ({ name, label, color }))}
      referenceLines={marks
        .filter(({ kind }) => kind !== 'created' && kind !== 'finished')
        .map((mark) => ({ x: Date.parse(mark.time), label: markText(mark), color: 'gray.7' }))}
    />
  )
}
