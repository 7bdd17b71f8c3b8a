import type { Adoption } from './adoption.ts'
import { TimeChart } from './time-chart.tsx'

/** Devices by software over time. Loaded after the page: it is large. */
export default function AdoptionChart({ adoption: { series, rows } }: { adoption: Adoption }) {
  return <TimeChart h="var(--chart-height)" rows={rows} curveType="linear" withLegend series={series} />
}
