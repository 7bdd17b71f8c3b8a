import { Anchor, Table } from '@mantine/core'
import type { ReactNode } from 'react'
import { whole } from '../../../src/texts/numbers.ts'
import { withBasePath } from '../../api/base-path.ts'
import { Time } from '../time.tsx'
import './charts.css'

type Props = {
  columns: readonly { name: string; label: string }[]
  /** `at` is the time in milliseconds, `day` what the first cell has in place of it, `note` the last cell. */
  rows: readonly { at: number; day?: string; counts: Readonly<Record<string, number>>; note?: ReactNode }[]
  /** The heading of the last column; absent: there are no notes. */
  notes?: string
  /** Path of the export with all rows. */
  csv?: string
  label: string
}

/** The numbers of a chart, for those who cannot see it, or want to know exactly. */
export const ChartTable = ({ columns, rows, notes, csv, label }: Props) => (
  <details className="chart-table">
    <summary>The same as a table</summary>
    <Table.ScrollContainer minWidth={120 + 90 * columns.length}>
      <Table aria-label={label} verticalSpacing="2xs">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Time</Table.Th>
            {columns.map(({ name, label }) => (
              <Table.Th key={name}>{label}</Table.Th>
            ))}
            {notes && <Table.Th>{notes}</Table.Th>}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map(({ at, day, counts, note }) => (
            <Table.Tr key={at}>
              <Table.Td>{day ?? <Time at={new Date(at).toISOString()} />}</Table.Td>
              {columns.map(({ name }) => (
                <Table.Td key={name} className="numbers">
                  {whole(counts[name] ?? 0)}
                </Table.Td>
              ))}
              {notes && <Table.Td>{note}</Table.Td>}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
    {csv && (
      <Anchor href={withBasePath(csv)} size="sm">
        Download as CSV
      </Anchor>
    )}
  </details>
)
