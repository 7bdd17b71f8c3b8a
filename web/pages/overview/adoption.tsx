import { Skeleton, Table, Text } from '@mantine/core'
import { lazy, Suspense } from 'react'
import { whole } from '../../../src/texts/numbers.ts'
import { absolute } from '../../../src/texts/times.ts'
import type { FleetTimeline } from '../../api/overview.ts'
import { adoptionOf } from '../../parts/charts/adoption.ts'

const AdoptionChart = lazy(() => import('../../parts/charts/adoption-chart.tsx'))

/** Which software accepted devices ran over the last 30 days, and how many devices were seen each day. */
export function Adoption({ timeline: { points } }: { timeline: FleetTimeline }) {
  const adoption = adoptionOf(points)
  if (adoption.rows.length < 2)
    return (
      <Text size="sm" c="dimmed">
        The first numbers are recorded. The chart appears once there are two of them, five minutes apart.
      </Text>
    )
  return (
    <>
      <Suspense fallback={<Skeleton height={220} />}>
        <AdoptionChart adoption={adoption} />
      </Suspense>
      <details className="chart-table">
        <summary>The same as a table</summary>
        <Table.ScrollContainer minWidth={480}>
          <Table verticalSpacing={4}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Time</Table.Th>
                {adoption.series.map(({ name, label }) => (
                  <Table.Th key={name}>{label}</Table.Th>
                ))}
                <Table.Th>Seen that day</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {adoption.days.map((row) => (
                <Table.Tr key={row.at}>
                  <Table.Td>{absolute(new Date(row.at))}</Table.Td>
                  {adoption.series.map(({ name }) => (
                    <Table.Td key={name} className="numbers">
                      {whole(row[name] ?? 0)}
                    </Table.Td>
                  ))}
                  <Table.Td className="numbers">{whole(row.seen_today ?? 0)}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      </details>
    </>
  )
}
