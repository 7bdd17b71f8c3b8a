import { TimeChart } from './time-chart.tsx'

/** How many devices ran a release over time. Loaded after the page: it is large. */
export default function UseChart({ rows }: { rows: { at: number; count: number }[] }) {
  return (
    <TimeChart
      h={160}
      rows={rows}
      curveType="linear"
      series={[{ name: 'count', label: 'Devices that run it', color: 'indigo.6' }]}
    />
  )
}
