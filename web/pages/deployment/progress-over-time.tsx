import { Skeleton, Text, Title } from '@mantine/core'
import { lazy, Suspense } from 'react'
import { paceText } from '../../../src/texts/pace.ts'
import { type Deployment, type Timeline, timelineCsv, useTimeline } from '../../api/deployments.ts'
import { ChartTable } from '../../parts/charts/chart-table.tsx'
import { MarkList } from '../../parts/charts/mark-list.tsx'
import { markText, OUTCOMES, rowsOf } from '../../parts/charts/progress-rows.ts'
import { Loaded } from '../../parts/loaded.tsx'
import { useNow } from '../../parts/time.tsx'

const ProgressChart = lazy(() => import('../../parts/charts/progress-chart.tsx'))
const HEIGHT = 260
/** Most rows of the table; the CSV has all. */
const MAX_ROWS = 100

/** The devices by outcome since the creation, with what happened, and the pace. */
export function ProgressOverTime({ deployment }: { deployment: Deployment }) {
  const query = useTimeline(deployment)
  return (
    <section className="card" aria-labelledby="progress-heading">
      <Title order={2} id="progress-heading" mb="sm">
        Progress over time
      </Title>
      <Loaded query={query} lines={6}>
        {(timeline) => <Progress timeline={timeline} deployment={deployment} />}
      </Loaded>
    </section>
  )
}

function Progress({ timeline, deployment: { id, finished } }: { timeline: Timeline; deployment: Deployment }) {
  const text = paceText(timeline.pace, useNow(30_000))
  const { points, marks } = timeline
  const rows = rowsOf(points).slice(-MAX_ROWS)
  return (
    <>
      {text && (
        <Text size="sm" mb="sm">
          {text}
        </Text>
      )}
      <Suspense fallback={<Skeleton height={HEIGHT} />}>
        <ProgressChart timeline={timeline} finished={finished} />
      </Suspense>
      <MarkList marks={marks} />
      <ChartTable
        label="Progress over time"
        columns={OUTCOMES}
        rows={rows.map((row, i) => ({
          ...{ at: row.at, counts: row },
          note: marksBetween(marks, rows[i - 1]?.at, row.at),
        }))}
        notes="What happened"
        csv={timelineCsv(id)}
      />
    </>
  )
}

/** What happened after the previous row, up to this one. */
const marksBetween = (marks: Timeline['marks'], after: number | undefined, until: number): string =>
  marks
    .filter(({ time }) => Date.parse(time) <= until && (after === undefined || Date.parse(time) > after))
    .map(markText)
    .join(', ')
