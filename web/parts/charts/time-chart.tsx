import { AreaChart, type AreaChartProps } from '@mantine/charts'
import '@mantine/charts/styles.css'
import { whole } from '../../../src/texts/numbers.ts'
import { timeAxis } from '../../../src/texts/time-axis.ts'
import { inBothZones, shownZone } from '../zone.ts'

type Row = { at: number } & Record<string, number>
type Props = Pick<AreaChartProps, 'series' | 'h' | 'curveType' | 'withLegend' | 'referenceLines'> & {
  /** In the order of time, in milliseconds. */
  rows: readonly Row[]
}

/** Counts over time, one above the other. */
export function TimeChart({ rows, ...chart }: Props) {
  const [first, last] = [rows[0]?.at ?? 0, rows.at(-1)?.at ?? 0]
  const { ticks, write } = timeAxis(first, last, shownZone())
  return (
    <AreaChart
      {...chart}
      data={[...rows]}
      dataKey="at"
      type="stacked"
      withDots={false}
      fillOpacity={0.55}
      valueFormatter={whole}
      xAxisProps={{
        ...{ type: 'number', scale: 'time', domain: [first, last] },
        ...{ ticks, tickFormatter: write },
      }}
      yAxisProps={{ allowDecimals: false }}
      tooltipProps={{ labelFormatter: (at) => (typeof at === 'number' ? inBothZones(new Date(at)) : '') }}
      areaChartProps={{ accessibilityLayer: true, margin: { top: chart.referenceLines?.length ? 22 : 5, right: 8 } }}
    />
  )
}
