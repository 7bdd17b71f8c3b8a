import { Group, Pagination, Select, Text } from '@mantine/core'
import { whole } from '../../src/texts/numbers.ts'

export type PageState = { page: number; per_page: number }
/** `isFixed`: the user cannot change the number of rows. */
type Props = PageState & { total: number; isFixed?: boolean; onChange: (state: PageState) => void }

const SIZES = [20, 50, 100]

/** The range of shown rows, the total, and links to the other pages. Nothing after the last page. */
export function Pager({ page, per_page, total, isFixed = false, onChange }: Props) {
  // The address may contain another size.
  const sizes = [...new Set([...SIZES, per_page])].sort((a, b) => a - b)
  const first = (page - 1) * per_page + 1
  if (first > total) return null
  return (
    <Group justify="space-between" mt="md" gap="sm">
      <Text size="sm" c="dimmed" className="numbers">
        {whole(first)}–{whole(Math.min(first + per_page - 1, total))} of {whole(total)}
      </Text>
      <Group gap="sm">
        {!isFixed && (
          <Select
            size="xs"
            w={110}
            aria-label="Rows per page"
            data={sizes.map((size) => ({ value: String(size), label: `${size} rows` }))}
            value={String(per_page)}
            allowDeselect={false}
            onChange={(size) => onChange({ page: 1, per_page: Number(size) })}
          />
        )}
        <Pagination
          size="sm"
          total={Math.ceil(total / per_page)}
          value={page}
          onChange={(next) => onChange({ page: next, per_page })}
          getControlProps={(control) => ({ 'aria-label': `${control} page` })}
          getItemProps={(item) => ({ 'aria-label': `page ${item}` })}
        />
      </Group>
    </Group>
  )
}
