import { AreaChart, type AreaChartProps } from '@mantine/charts'
import '@mantine/charts/styles.css'
import { absolute, axisTime } from '../../../src/texts/times.ts'

type Row = { at: number } & Record<string, number>
type Props = Pick<AreaChartProps, 'series' | 'h' | 'curveType' | 'withLegend' | 'referenceLines'> & {
  /** In the order of time, in milliseconds. */
  rows: readonly Row[]
}

/** Counts over time, one above the other. */
export function TimeChart({ rows, ...chart }: Props) {
  const [first, last] = [rows[0]?.at ?? 0, rows.at(-1)?.at ?? 0]
  return (
    <AreaChart
      {...chart}
      data={[...rows]}
      dataKey="at"
      type="stacked"
      withDots={false}
      fillOpacity={0.55}
      xAxisProps={{
        ...{ type: 'number', scale: 'time', domain: [first, last] },
        tickFormatter: (at: number) => axisTime(at, last - first),
      }}
      tooltipProps={{ labelFormatter: (at) => (typeof at === 'number' ? absolute(new Date(at)) : '') }}
      areaChartProps={{ accessibilityLayer: true }}
    />
  )
}
