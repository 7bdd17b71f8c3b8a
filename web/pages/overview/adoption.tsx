import { Skeleton, Text } from '@mantine/core'
import { lazy, Suspense } from 'react'
import { FLEET_CSV, type FleetTimeline } from '../../api/overview.ts'
import { adoptionOf, seenByDay } from '../../parts/charts/adoption.ts'
import { ChartTable } from '../../parts/charts/chart-table.tsx'
import { Section } from './section.tsx'

const AdoptionChart = lazy(() => import('../../parts/charts/adoption-chart.tsx'))
const SeenChart = lazy(() => import('../../parts/charts/seen-chart.tsx'))
const HEIGHT = 'var(--chart-height)'

type Props = { timeline: FleetTimeline }

/** The past 30 days of all devices. Loaded after the page. */
export default function Past(props: Props) {
  return (
    <div className="past">
      <Section title="Adoption" hint="Software of accepted devices over the last 30 days">
        <Adoption {...props} />
      </Section>
      <Section title="Devices seen" hint="Accepted devices that checked in on a day (UTC)">
        <Seen {...props} />
      </Section>
    </div>
  )
}

function Adoption({ timeline: { points } }: Props) {
  const adoption = adoptionOf(points)
  if (adoption.rows.length < 2)
    return (
      <Text size="sm" c="dimmed">
        The first numbers are recorded. The chart appears once there are two of them, five minutes apart.
      </Text>
    )
  return (
    <div>
      <Suspense fallback={<Skeleton height={HEIGHT} />}>
        <AdoptionChart adoption={adoption} />
      </Suspense>
      <ChartTable
        label="Adoption"
        columns={adoption.series}
        rows={adoption.days.map((row) => ({ at: row.at, counts: row }))}
        csv={FLEET_CSV}
      />
    </div>
  )
}

function Seen({ timeline: { points } }: Props) {
  const days = seenByDay(points)
  if (days.length === 0)
    return (
      <Text size="sm" c="dimmed">
        The devices are counted every five minutes, and have not been yet.
      </Text>
    )
  return (
    <div>
      <Suspense fallback={<Skeleton height={HEIGHT} />}>
        <SeenChart days={days} />
      </Suspense>
      <ChartTable
        label="Devices seen"
        columns={[{ name: 'seen', label: 'Devices seen' }]}
        rows={days
          .flatMap(({ at, day, seen }) => (seen === undefined ? [] : [{ at, day, counts: { seen } }]))
          .reverse()}
      />
    </div>
  )
}
