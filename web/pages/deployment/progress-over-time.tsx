import { Anchor, Skeleton, Table, Text, Title } from '@mantine/core'
import { lazy, Suspense } from 'react'
import { whole } from '../../../src/texts/numbers.ts'
import { paceText } from '../../../src/texts/pace.ts'
import { absolute } from '../../../src/texts/times.ts'
import { withBasePath } from '../../api/base-path.ts'
import { type Deployment, type Timeline, timelineCsv, useTimeline } from '../../api/deployments.ts'
import { markText, OUTCOMES, rowsOf } from '../../parts/charts/progress-rows.ts'
import { Loaded } from '../../parts/loaded.tsx'
import { useNow } from '../../parts/time.tsx'

const ProgressChart = lazy(() => import('../../parts/charts/progress-chart.tsx'))
const HEIGHT = 260

/** The devices by outcome since the creation, with what happened, and the pace. */
export function ProgressOverTime({ deployment }: { deployment: Deployment }) {
  const query = useTimeline(deployment.id, deployment.finished !== undefined)
  return (
    <section className="card" aria-labelledby="progress-heading">
      <Title order={2} id="progress-heading" mb="sm">
        Progress over time
      </Title>
      <Loaded query={query} lines={6}>
        {(timeline) => <Progress timeline={timeline} id={deployment.id} />}
      </Loaded>
    </section>
  )
}

function Progress({ timeline, id }: { timeline: Timeline; id: string }) {
  const text = paceText(timeline.pace, useNow(30_000))
  return (
    <>
      {text && (
        <Text size="sm" mb="sm">
          {text}
        </Text>
      )}
      <Suspense fallback={<Skeleton height={HEIGHT} />}>
        <ProgressChart timeline={timeline} />
      </Suspense>
      <details className="chart-table">
        <summary>The same as a table</summary>
        <Numbers timeline={timeline} />
        <Anchor href={withBasePath(timelineCsv(id))} size="sm">
          Download as CSV
        </Anchor>
      </details>
    </>
  )
}

/** Most rows of the table; the CSV has all. */
const MAX_ROWS = 100

function Numbers({ timeline: { points, marks } }: { timeline: Timeline }) {
  const rows = rowsOf(points).slice(-MAX_ROWS)
  return (
    <Table.ScrollContainer minWidth={560}>
      <Table aria-labelledby="progress-heading" verticalSpacing={4}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Time</Table.Th>
            {OUTCOMES.map(({ name, label }) => (
              <Table.Th key={name}>{label}</Table.Th>
            ))}
            <Table.Th>What happened</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row, i) => (
            <Table.Tr key={row.at}>
              <Table.Td>{absolute(new Date(row.at))}</Table.Td>
              {OUTCOMES.map(({ name }) => (
                <Table.Td key={name} className="numbers">
                  {whole(row[name])}
                </Table.Td>
              ))}
              <Table.Td>{marksBetween(marks, rows[i - 1]?.at, row.at)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}

/** What happened after the previous row, up to this one. */
const marksBetween = (marks: Timeline['marks'], after: number | undefined, until: number): string =>
  marks
    .filter(({ time }) => Date.parse(time) <= until && (after === undefined || Date.parse(time) > after))
    .map(markText)
    .join(', ')
