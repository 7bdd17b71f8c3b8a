import { Anchor, Badge, Group, Table, Text, UnstyledButton } from '@mantine/core'
import { IconArrowDown, IconArrowsSort, IconArrowUp } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { bytes, counted } from '../../../src/texts/numbers.ts'
import type { Release } from '../../api/releases.ts'
import { DialectChip } from '../../parts/dialect-chip.tsx'
import { dialectsOf } from '../../parts/dialects.ts'
import { releasePage } from '../../parts/links.ts'
import { Ago } from '../../parts/time.tsx'

type Props = { rows: Release[]; sort: string; onSort: (sort: string) => void }

const MAX_TYPES = 4

/** On narrow screens, the main facts are below the name. */
export function ReleaseTable({ rows, sort, onSort }: Props) {
  return (
    <div className="card flush">
      <Table highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            <Sortable {...{ by: 'name', sort, onSort }}>Name</Sortable>
            <Table.Th visibleFrom="sm">Device types</Table.Th>
            <Sortable {...{ by: 'artifacts_count', sort, onSort, visibleFrom: 'md' }}>Artifacts</Sortable>
            <Table.Th visibleFrom="md">Size</Table.Th>
            <Sortable {...{ by: 'modified', sort, onSort, visibleFrom: 'sm' }}>Modified</Sortable>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((release) => (
            <Row key={release.name} release={release} />
          ))}
        </Table.Tbody>
      </Table>
    </div>
  )
}

function Row({ release: { name, tags, artifacts, artifacts_count, modified } }: { release: Release }) {
  const types = [...new Set(artifacts.flatMap((one) => one.device_types_compatible))]
  const sizes = artifacts.map(({ size }) => size)
  const typesText = types.slice(0, MAX_TYPES).join(', ') + (types.length > MAX_TYPES ? ' …' : '')
  return (
    <Table.Tr>
      <Table.Td>
        <Group gap="xs">
          <Anchor component={Link} href={releasePage(name)} size="sm" fw={550} className="break-anywhere">
            {name}
          </Anchor>
          {dialectsOf(artifacts).includes('ddi') && <Dialects artifacts={artifacts} />}
          {tags.map((tag) => (
            <Badge key={tag} variant="default" tt="none" fw={500}>
              {tag}
            </Badge>
          ))}
        </Group>
        <Text size="sm" c="dimmed" hiddenFrom="sm">
          {typesText} · <Ago at={modified} />
        </Text>
      </Table.Td>
      <Table.Td visibleFrom="sm" className="break-anywhere" title={types.join(', ')}>
        {typesText}
      </Table.Td>
      <Table.Td visibleFrom="md" className="numbers">
        {counted(artifacts_count, 'artifact')}
      </Table.Td>
      <Table.Td visibleFrom="md" className="numbers">
        {sizesText(sizes)}
      </Table.Td>
      <Table.Td visibleFrom="sm" className="nowrap">
        <Ago at={modified} />
      </Table.Td>
    </Table.Tr>
  )
}

/** Only Mender needs no mention. */
const Dialects = ({ artifacts }: Pick<Release, 'artifacts'>) =>
  dialectsOf(artifacts).map((dialect) => <DialectChip key={dialect} dialect={dialect} />)

function sizesText(sizes: number[]): string {
  const smallest = bytes(Math.min(...sizes))
  const largest = bytes(Math.max(...sizes))
  return smallest === largest ? smallest : `${smallest} – ${largest}`
}

type SortableProps = Pick<Props, 'sort' | 'onSort'> & { by: string; visibleFrom?: 'sm' | 'md'; children: ReactNode }

function Sortable({ by, sort, onSort, visibleFrom, children }: SortableProps) {
  const [current, direction] = sort.split(':')
  const order = current === by ? (direction === 'desc' ? 'descending' : 'ascending') : 'none'
  const Icon = { none: IconArrowsSort, ascending: IconArrowUp, descending: IconArrowDown }[order]
  return (
    <Table.Th aria-sort={order} {...(visibleFrom ? { visibleFrom } : {})}>
      <UnstyledButton className="sort-button" onClick={() => onSort(`${by}:${order === 'ascending' ? 'desc' : 'asc'}`)}>
        {children}
        <Icon size={14} aria-hidden />
      </UnstyledButton>
    </Table.Th>
  )
}
