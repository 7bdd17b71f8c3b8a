import { Anchor, Skeleton, Stack, Text } from '@mantine/core'
import { lazy, Suspense } from 'react'
import { Link } from 'wouter'
import { counted } from '../../../src/texts/numbers.ts'
import { type SoftwareUse, useSoftwareUse } from '../../api/releases.ts'
import { type Bar, Bars } from '../../parts/bars.tsx'
import { ChartTable } from '../../parts/charts/chart-table.tsx'
import { devicesOfTypeRunning, devicesRunning } from '../../parts/links.ts'
import { Loaded } from '../../parts/loaded.tsx'
import { Section } from '../../parts/section.tsx'
import { Time } from '../../parts/time.tsx'

const UseChart = lazy(() => import('../../parts/charts/use-chart.tsx'))
const HEIGHT = 160
/** Most rows of the table. */
const MAX_ROWS = 100

/** How many devices run a release now, by device type, and how many ran it before. */
export const WhereItRuns = ({ name }: { name: string }) => (
  <Section title="Where it runs">
    <Loaded query={useSoftwareUse(name)} lines={3}>
      {(use) => <Use use={use} />}
    </Loaded>
  </Section>
)

function Use({ use }: { use: SoftwareUse }) {
  const { artifact_name, count, device_types } = use
  const bars = device_types.map(
    ({ device_type, count }): Bar =>
      device_type === null
        ? { label: 'Not reported', count, color: 'gray' }
        : { label: device_type, count, href: devicesOfTypeRunning(artifact_name, device_type) },
  )
  const others = count - device_types.reduce((sum, one) => sum + one.count, 0)
  if (others > 0) bars.push({ label: 'Other device types', count: others, color: 'gray' })
  return (
    <Stack gap="md">
      <Text size="sm">
        {count === 0 ? (
          'No accepted device runs it now.'
        ) : (
          <>
            <Anchor component={Link} href={devicesRunning(artifact_name)} inherit fw={600}>
              {counted(count, 'accepted device')}
            </Anchor>{' '}
            {count === 1 ? 'runs' : 'run'} it now.
          </>
        )}{' '}
        <Since past={use.past} />
      </Text>
      {bars.length > 0 && <Bars of={bars} total={count} label="Devices by device type" />}
      <Past past={use.past} />
    </Stack>
  )
}

type PastProps = { past: SoftwareUse['past'] | undefined }

function Since({ past }: PastProps) {
  if (!past?.first_seen) return null
  return past.first_seen === past.counted_since ? (
    <>
      It ran already when the devices were first counted, <Time at={past.first_seen} inherit />.
    </>
  ) : (
    <>
      It was first seen <Time at={past.first_seen} inherit />.
    </>
  )
}

function Past({ past }: PastProps) {
  if (!past || past.points.length < 2) return null
  const rows = past.points.map(({ time, count }) => ({ at: Date.parse(time), count }))
  return (
    <div>
      <Suspense fallback={<Skeleton height={HEIGHT} />}>
        <UseChart rows={rows} />
      </Suspense>
      <ChartTable
        label="Devices that ran it"
        columns={[{ name: 'count', label: 'Devices' }]}
        rows={rows
          .slice(-MAX_ROWS)
          .reverse()
          .map((row) => ({ at: row.at, counts: row }))}
      />
    </div>
  )
}
