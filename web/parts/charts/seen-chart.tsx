import { BarChart } from '@mantine/charts'
import '@mantine/charts/styles.css'
import { whole } from '../../../src/texts/numbers.ts'
import type { DaySeen } from './adoption.ts'

/** How many devices were seen on each day. Loaded after the page: it is large. */
export default function SeenChart({ days }: { days: DaySeen[] }) {
  return (
    <BarChart
      h="var(--chart-height)"
      data={days}
      dataKey="day"
      series={[{ name: 'seen', label: 'Devices seen', color: 'indigo.5' }]}
      maxBarWidth={28}
      valueFormatter={whole}
      yAxisProps={{ allowDecimals: false }}
      barChartProps={{ accessibilityLayer: true }}
    />
  )
}
