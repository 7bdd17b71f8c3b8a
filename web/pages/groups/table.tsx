import { Anchor, Button, Group, Table } from '@mantine/core'
import { IconRocket, IconTrash } from '@tabler/icons-react'
import { Link } from 'wouter'
import { whole } from '../../../src/texts/numbers.ts'
import type { CountedGroup } from '../../api/devices.ts'
import { useMay } from '../../api/session.ts'
import { BarLine } from '../../parts/bars.tsx'
import { deployToGroup, devicesInGroup } from '../../parts/links.ts'

type Props = {
  groups: readonly CountedGroup[]
  /** The number of devices of the largest group. */
  largest: number
  onDelete: (group: CountedGroup) => void
}

/** On wide screens, bars compare the groups. */
export function GroupTable({ groups, largest, onDelete }: Props) {
  const may = useMay()
  return (
    <Table highlightOnHover>
      <Table.Thead>
        <Table.Tr>
          <Table.Th w={{ md: '30%' }}>Group</Table.Th>
          <Table.Th visibleFrom="md" aria-label="Compared with the largest group" />
          <Table.Th ta="end" w={110}>
            Accepted
          </Table.Th>
          <Table.Th ta="end" w={130} visibleFrom="sm">
            All devices
          </Table.Th>
          <Table.Th w="1%" aria-label="Actions" />
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {groups.map((group) => (
          <Table.Tr key={group.name}>
            <Table.Td className="break-anywhere">
              <Anchor component={Link} href={devicesInGroup(group.name)} size="sm" fw={550}>
                {group.name}
              </Anchor>
            </Table.Td>
            <Table.Td visibleFrom="md">
              <BarLine count={group.accepted_count} total={largest} />
            </Table.Td>
            <Table.Td ta="end" className="numbers">
              {whole(group.accepted_count)}
            </Table.Td>
            <Table.Td ta="end" className="numbers" visibleFrom="sm">
              {whole(group.device_count)}
            </Table.Td>
            <Table.Td>
              <Group gap="xs" justify="flex-end" wrap="nowrap">
                {may('deployments') && group.accepted_count > 0 && (
                  <Button
                    component={Link}
                    href={deployToGroup(group.name)}
                    variant="default"
                    size="xs"
                    className="icon-if-narrow"
                    aria-label={`Deploy to ${group.name}`}
                    leftSection={<IconRocket size={15} aria-hidden />}
                  >
                    Deploy
                  </Button>
                )}
                {may('devices') && (
                  <Button
                    variant="subtle"
                    color="red"
                    size="xs"
                    className="icon-if-narrow"
                    aria-label={`Delete ${group.name}`}
                    leftSection={<IconTrash size={15} aria-hidden />}
                    onClick={() => onDelete(group)}
                  >
                    Delete
                  </Button>
                )}
              </Group>
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}
