import { Table, Text } from '@mantine/core'
import { counted, whole } from '../../../../src/texts/numbers.ts'
import { type DownloadLimits, useRunningDownloads } from '../../../api/download-limits.ts'
import { Loaded } from '../../../parts/loaded.tsx'
import { Section } from '../../../parts/section.tsx'

/** The downloads that count at the moment. */
export function Running({ limits: { max_downloads, by_attribute: by } }: { limits: DownloadLimits }) {
  const running = useRunningDownloads()
  const of = max_downloads === undefined ? '' : ` of ${whole(max_downloads)}`
  return (
    <Section title="Running downloads">
      <Loaded query={running} lines={2}>
        {({ running: all, by_value }) => (
          <>
            <Text size="sm" aria-live="polite">
              {max_downloads === undefined ? counted(all, 'download') : `${whole(all)}${of} downloads`} at the moment.
            </Text>
            {by_value.length > 0 && (
              <Table maw="34rem">
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>{by?.attribute}</Table.Th>
                    <Table.Th className="numbers">Downloads</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {by_value.map(({ value, running: count }) => (
                    <Table.Tr key={value}>
                      <Table.Td className="break-anywhere">{value}</Table.Td>
                      <Table.Td className="numbers">{whole(count)}</Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            )}
          </>
        )}
      </Loaded>
    </Section>
  )
}
