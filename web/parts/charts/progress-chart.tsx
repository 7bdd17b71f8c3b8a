import { AreaChart } from '@mantine/charts'
import '@mantine/charts/styles.css'
import { absolute, axisTime } from '../../../src/texts/times.ts'
import type { Timeline } from '../../api/deployments.ts'
import { markText, OUTCOMES, rowsOf } from './progress-rows.ts'

/** The devices of a deployment by outcome over time, with marks. Loaded after the page: it is large. */
export default function ProgressChart({ timeline }: { timeline: Timeline }) {
  const rows = rowsOf(timeline.points)
  const [first, last] = [rows[0]?.at ?? 0, rows.at(-1)?.at ?? 0]
  return (
    <AreaChart
      h={240}
      data={rows}
      dataKey="at"
      type="stacked"
      curveType="stepAfter"
      withDots={false}
      fillOpacity={0.55}
      series={OUTCOMES.map(({ name, label, color }) => ({ name, label, color }))}
      referenceLines={timeline.marks
        .filter(({ kind }) => kind !== 'created' && kind !== 'finished')
        .map((mark) => ({ x: Date.parse(mark.time), label: markText(mark), color: 'gray.7' }))}
      xAxisProps={{
        ...{ type: 'number', scale: 'time', domain: [first, last] },
        tickFormatter: (at: number) => axisTime(at, last - first),
      }}
      tooltipProps={{ labelFormatter: (at) => (typeof at === 'number' ? absolute(new Date(at)) : '') }}
      areaChartProps={{ accessibilityLayer: true }}
    />
  )
}
