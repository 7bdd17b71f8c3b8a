import { ActionIcon, Button, Group, Popover, Select, Stack, Text } from '@mantine/core'
import { IconArrowDown, IconArrowUp, IconColumns3, IconX } from '@tabler/icons-react'
import { useKnownAttributes } from '../../api/filters.ts'
import { problemOf } from '../../api/http.ts'
import { notLoaded } from '../../parts/choices.ts'
import { Problem } from '../../parts/problem.tsx'
import { COMMON_COLUMNS, columnLabel, MAX_COLUMNS, type useColumns } from './columns.ts'

/** Chooses the columns of the list and their order. */
export function ColumnsButton({ columns, change, error }: ReturnType<typeof useColumns>) {
  return (
    <Popover position="bottom-end" width={320} trapFocus shadow="md">
      <Popover.Target>
        <Button variant="default" leftSection={<IconColumns3 size={16} aria-hidden />}>
          Columns
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label="Columns">
        <Stack gap="xs">
          <Text size="sm" c="dimmed">
            Beside the name, for you only.
          </Text>
          <ol className="unstyled-list">
            {columns.map((column, at) => (
              <Item key={column} {...{ column, columns, at, change }} />
            ))}
          </ol>
          {columns.length < MAX_COLUMNS ? (
            <AddColumn columns={columns} onAdd={(column) => change([...columns, column])} />
          ) : (
            <Text size="sm" c="dimmed">
              At most {MAX_COLUMNS} columns: remove one to add another.
            </Text>
          )}
          <Problem>{error ? `Not stored: ${problemOf(error).sentence}` : undefined}</Problem>
          <Button variant="subtle" size="xs" onClick={() => change(undefined)}>
            Reset to default
          </Button>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  )
}

type ItemProps = {
  column: string
  columns: readonly string[]
  at: number
  change: (columns: readonly string[]) => void
}

function Item({ column, columns, at, change }: ItemProps) {
  const label = columnLabel(column, columns)
  const moved = (to: number) => columns.toSpliced(at, 1).toSpliced(to, 0, column)
  const button = { variant: 'subtle', color: 'gray' } as const
  return (
    <Group component="li" gap="3xs" wrap="nowrap">
      <Text size="sm" flex={1} miw={0} className="break-anywhere">
        {label}
      </Text>
      <ActionIcon {...button} aria-label={`Move ${label} up`} disabled={at === 0} onClick={() => change(moved(at - 1))}>
        <IconArrowUp size={16} aria-hidden />
      </ActionIcon>
      <ActionIcon
        {...button}
        aria-label={`Move ${label} down`}
        disabled={at === columns.length - 1}
        onClick={() => change(moved(at + 1))}
      >
        <IconArrowDown size={16} aria-hidden />
      </ActionIcon>
      <ActionIcon {...button} aria-label={`Remove ${label}`} onClick={() => change(columns.toSpliced(at, 1))}>
        <IconX size={16} aria-hidden />
      </ActionIcon>
    </Group>
  )
}

function AddColumn({ columns, onAdd }: { columns: readonly string[]; onAdd: (column: string) => void }) {
  const { data: known = [], error } = useKnownAttributes()
  const all = new Set([...COMMON_COLUMNS, ...known.map(({ scope, name }) => `${scope}/${name}`)])
  const data = [...all]
    .filter((column) => !columns.includes(column))
    .map((column) => ({ value: column, label: COMMON_COLUMNS.includes(column) ? columnLabel(column) : column }))
  return (
    <Select
      size="sm"
      aria-label="Add a column"
      placeholder="Add a column"
      data={data}
      value={null}
      searchable
      nothingFoundMessage="No device has such an attribute"
      error={notLoaded(error)}
      comboboxProps={{ withinPortal: false }}
      onChange={(column) => column && onAdd(column)}
    />
  )
}
