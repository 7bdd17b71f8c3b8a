import { AreaChart } from '@mantine/charts'
import '@mantine/charts/styles.css'
import { absolute, axisTime } from '../../../src/texts/times.ts'
import type { Adoption } from './adoption.ts'

/** Devices by software over time. Loaded after the page: it is large. */
export default function AdoptionChart({ adoption: { series, rows } }: { adoption: Adoption }) {
  const [first, last] = [rows[0]?.at ?? 0, rows.at(-1)?.at ?? 0]
  return (
    <AreaChart
      h={220}
      data={rows}
      dataKey="at"
      type="stacked"
      curveType="linear"
      withDots={false}
      withLegend
      fillOpacity={0.55}
      series={series}
      xAxisProps={{
        ...{ type: 'number', scale: 'time', domain: [first, last] },
        tickFormatter: (at: number) => axisTime(at, last - first),
      }}
      tooltipProps={{ labelFormatter: (at) => (typeof at === 'number' ? absolute(new Date(at)) : '') }}
      areaChartProps={{ accessibilityLayer: true }}
    />
  )
}
