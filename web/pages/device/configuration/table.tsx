import { Table, Text } from '@mantine/core'
import type { DeviceConfiguration } from '../../../api/configuration.ts'

type Props = Pick<DeviceConfiguration, 'configured' | 'reported' | 'reported_ts'>

/** Each key, with the value that is wanted and the one that the device reports. */
export function ConfigurationTable({ configured, reported, reported_ts }: Props) {
  const keys = [...new Set([...Object.keys(configured), ...Object.keys(reported)])].sort()
  return (
    <Table className="wrapping">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Key</Table.Th>
          <Table.Th>Wanted</Table.Th>
          <Table.Th>Reported</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {keys.map((key) => (
          <Table.Tr key={key}>
            <Table.Td className="break-anywhere">{key}</Table.Td>
            <Table.Td className="break-anywhere">
              <Value value={configured[key]} none="not set" />
            </Table.Td>
            <Table.Td className="break-anywhere">
              <Value value={reported[key]} none={reported_ts ? 'not there' : 'not reported yet'} />
              {configured[key] !== reported[key] && reported_ts && <Differs />}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}

function Value({ value, none }: { value: string | undefined; none: string }) {
  if (value === undefined || value === '')
    return (
      <Text span size="sm" c="dimmed">
        {value === undefined ? none : 'empty'}
      </Text>
    )
  return <span>{value}</span>
}

const Differs = () => (
  <Text span size="sm" fw={550} c="var(--mantine-color-orange-text)" ml="xs">
    differs
  </Text>
)
