import { Anchor, Box, Checkbox, Group, Stack, Table, Text, UnstyledButton } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { IconArrowDown, IconArrowsSort, IconArrowUp } from '@tabler/icons-react'
import { Link } from 'wouter'
import { AUTH_STATUS_STYLES } from '../../../src/texts/statuses.ts'
import type { Device } from '../../api/devices.ts'
import { CheckIn } from '../../parts/check-in.tsx'
import { attributeOf, dialectOf, nameOf, statusOf } from '../../parts/device-facts.ts'
import { DialectChip } from '../../parts/dialect-chip.tsx'
import { devicePage } from '../../parts/links.ts'
import { StatusChip } from '../../parts/status-chip.tsx'
import { isSelected, type Selection, toggled, withPage } from './selection.ts'

type Props = {
  devices: Device[]
  /** The devices belong to the previous query. */
  isStale: boolean
  sort: string
  onSort: (sort: string) => void
  /** Undefined if the user may not change devices. */
  selection: Selection | undefined
  onSelect: (selection: Selection) => void
}

const COLUMNS = [
  { label: 'Device', by: 'identity/id' },
  { label: 'Device type', by: 'inventory/device_type' },
  { label: 'Software', by: 'inventory/artifact_name' },
  { label: 'Group', by: 'system/group' },
  { label: 'Status', by: 'identity/status' },
  { label: 'Last check-in', by: 'system/check_in_time' },
]

/** A table, or cards on a narrow screen. */
export function DeviceTable(props: Props) {
  const isWide = useMediaQuery('(min-width: 62em)', true, { getInitialValueInEffect: false })
  return (
    <Box className="stale-fade" data-stale={props.isStale || undefined}>
      {isWide ? <Rows {...props} /> : <Cards {...props} />}
    </Box>
  )
}

function Rows({ devices, sort, onSort, selection, onSelect }: Props) {
  const page = devices.map(({ id }) => id)
  const selected = selection ? page.filter((id) => isSelected(selection, id)).length : 0
  return (
    <Table highlightOnHover>
      <Table.Thead>
        <Table.Tr>
          {selection && (
            <Table.Th w={40}>
              <Checkbox
                aria-label="Select all on this page"
                checked={selected === page.length}
                indeterminate={selected > 0 && selected < page.length}
                onChange={() => onSelect(withPage(selection, page))}
              />
            </Table.Th>
          )}
          {COLUMNS.map((column) => (
            <SortedHead key={column.by} {...column} {...{ sort, onSort }} />
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {devices.map((device) => (
          <Table.Tr key={device.id}>
            {selection && (
              <Table.Td>
                <SelectCheckbox {...{ device, selection, onSelect }} />
              </Table.Td>
            )}
            <Table.Td>
              <Name device={device} />
            </Table.Td>
            <Table.Td className="break-anywhere">{attributeOf(device, 'inventory', 'device_type')}</Table.Td>
            <Table.Td className="break-anywhere">{attributeOf(device, 'inventory', 'artifact_name')}</Table.Td>
            <Table.Td className="break-anywhere">{attributeOf(device, 'system', 'group')}</Table.Td>
            <Table.Td>
              <Status device={device} />
            </Table.Td>
            <Table.Td className="nowrap">
              <CheckIn device={device} />
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}

type HeadProps = { label: string; by: string; sort: string; onSort: (sort: string) => void }

function SortedHead({ label, by, sort, onSort }: HeadProps) {
  const isUp = sort === by
  const isDown = sort === `-${by}`
  const Icon = isUp ? IconArrowUp : isDown ? IconArrowDown : IconArrowsSort
  return (
    <Table.Th aria-sort={isUp ? 'ascending' : isDown ? 'descending' : 'none'}>
      <UnstyledButton className="sort-button" onClick={() => onSort(isUp ? `-${by}` : isDown ? '' : by)}>
        {label}
        <Icon size={14} aria-hidden />
      </UnstyledButton>
    </Table.Th>
  )
}

function Cards({ devices, selection, onSelect }: Props) {
  return (
    <Stack gap="xs" component="ul" className="unstyled-list">
      {devices.map((device) => (
        <li key={device.id} className="card">
          <Group wrap="nowrap" align="flex-start" gap="sm">
            {selection && <SelectCheckbox {...{ device, selection, onSelect }} />}
            <Stack gap={6} miw={0} flex={1}>
              <Group justify="space-between" gap="xs">
                <Name device={device} />
                <Status device={device} />
              </Group>
              <Text size="sm" c="dimmed" className="break-anywhere">
                {[
                  attributeOf(device, 'inventory', 'device_type'),
                  attributeOf(device, 'inventory', 'artifact_name'),
                  attributeOf(device, 'system', 'group'),
                ]
                  .filter(Boolean)
                  .join(' · ')}
              </Text>
              <Text size="sm" c="dimmed">
                <CheckIn device={device} />
              </Text>
            </Stack>
          </Group>
        </li>
      ))}
    </Stack>
  )
}

type SelectProps = { device: Device; selection: Selection; onSelect: (selection: Selection) => void }

const SelectCheckbox = ({ device, selection, onSelect }: SelectProps) => (
  <Checkbox
    aria-label={`Select ${nameOf(device)}`}
    checked={isSelected(selection, device.id)}
    onChange={() => onSelect(toggled(selection, device.id))}
  />
)

const Name = ({ device }: { device: Device }) => (
  <Group gap={6}>
    <Anchor component={Link} href={devicePage(device.id)} size="sm" fw={550} className="break-anywhere">
      {nameOf(device)}
    </Anchor>
    {dialectOf(device) === 'ddi' && <DialectChip dialect="ddi" />}
  </Group>
)

const Status = ({ device }: { device: Device }) => (
  <StatusChip statusStyle={AUTH_STATUS_STYLES[statusOf(device)]} status={statusOf(device)} />
)
