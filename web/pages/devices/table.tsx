import { Box, Checkbox, Group, Stack, Table, Text, UnstyledButton } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { IconArrowDown, IconArrowsSort, IconArrowUp } from '@tabler/icons-react'
import type { Device } from '../../api/devices.ts'
import { useSession } from '../../api/session.ts'
import { attributeOf, useNameOf } from '../../parts/device-facts.ts'
import { Cell, Name } from './cells.tsx'
import { columnLabel, splitColumn } from './columns.ts'
import { isSelected, type Selection, toggled, withPage } from './selection.ts'

type Props = {
  devices: Device[]
  columns: readonly string[]
  /** The text that the devices were found by. */
  searched: string
  /** The devices belong to the previous query. */
  isStale: boolean
  sort: string
  onSort: (sort: string) => void
  /** Undefined if the user may not change devices. */
  selection: Selection | undefined
  onSelect: (selection: Selection) => void
}

/** A table, or cards on a narrow screen. */
export function DeviceTable(props: Props) {
  const isWide = useMediaQuery('(min-width: 62em)', true, { getInitialValueInEffect: false })
  return (
    <Box className="stale-fade" data-stale={props.isStale || undefined}>
      {isWide ? <Rows {...props} /> : <Cards {...props} />}
    </Box>
  )
}

/** In pixels. If they do not fit, the table scrolls sideways within the page. */
const COLUMN_WIDTH = 110

function Rows({ devices, columns, searched, sort, onSort, selection, onSelect }: Props) {
  const { device_naming } = useSession()
  const page = devices.map(({ id }) => id)
  const selected = selection ? page.filter((id) => isSelected(selection, id)).length : 0
  const byName = device_naming ? `${device_naming.scope}/${device_naming.attribute}` : 'identity/id'
  return (
    <Table.ScrollContainer minWidth={COLUMN_WIDTH * (columns.length + 2)} type="native">
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
            <SortedHead label="Device" by={byName} {...{ sort, onSort }} />
            {columns.map((column) => (
              <SortedHead key={column} label={columnLabel(column, columns)} by={column} {...{ sort, onSort }} />
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
                <Name {...{ device, searched }} />
              </Table.Td>
              {columns.map((column) => (
                <Table.Td key={column} className={column === 'system/check_in_time' ? 'nowrap' : 'break-anywhere'}>
                  <Cell {...{ device, column }} />
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
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

/** On cards the status is beside the name, and the values of these have no label. */
const STATUS = 'identity/status'
const UNLABELED = ['inventory/device_type', 'inventory/artifact_name', 'system/group', 'system/check_in_time']

function Cards({ devices, columns, searched, selection, onSelect }: Props) {
  const plain = columns.filter((column) => UNLABELED.includes(column) && column !== 'system/check_in_time')
  const labeled = columns.filter((column) => column !== STATUS && !plain.includes(column))
  return (
    <Stack gap="xs" component="ul" className="unstyled-list">
      {devices.map((device) => (
        <li key={device.id} className="card">
          <Group wrap="nowrap" align="flex-start" gap="sm">
            {selection && <SelectCheckbox {...{ device, selection, onSelect }} />}
            <Stack gap="2xs" miw={0} flex={1}>
              <Group justify="space-between" gap="xs">
                <Box miw={0}>
                  <Name {...{ device, searched }} />
                </Box>
                {columns.includes(STATUS) && <Cell device={device} column={STATUS} />}
              </Group>
              {plain.length > 0 && (
                <Text size="sm" c="dimmed" className="break-anywhere">
                  {plain
                    .map((column) => textOf(device, column))
                    .filter(Boolean)
                    .join(' · ')}
                </Text>
              )}
              {labeled.map((column) => (
                <Text key={column} component="div" size="sm" c="dimmed" className="break-anywhere">
                  {!UNLABELED.includes(column) && `${columnLabel(column, columns)}: `}
                  <Cell {...{ device, column }} />
                </Text>
              ))}
            </Stack>
          </Group>
        </li>
      ))}
    </Stack>
  )
}

function textOf(device: Device, column: string): string | undefined {
  const { scope, name } = splitColumn(column)
  return attributeOf(device, scope, name)
}

type SelectProps = { device: Device; selection: Selection; onSelect: (selection: Selection) => void }

function SelectCheckbox({ device, selection, onSelect }: SelectProps) {
  const nameOf = useNameOf()
  return (
    <Checkbox
      aria-label={`Select ${nameOf(device)}`}
      checked={isSelected(selection, device.id)}
      onChange={() => onSelect(toggled(selection, device.id))}
    />
  )
}
