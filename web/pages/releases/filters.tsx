import { Group, MultiSelect, Select, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconSearch } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import { type ReleaseQuery, useReleaseTags, useUpdateTypes } from '../../api/releases.ts'

type Props = { query: ReleaseQuery; onChange: (change: Partial<ReleaseQuery>) => void }

const DEBOUNCE_MS = 250

/** The filters of the list. */
export function Filters({ query, onChange }: Props) {
  const tags = useReleaseTags()
  const types = useUpdateTypes()
  return (
    <Group gap="sm" mb="md" align="flex-start" className="filters">
      <SearchField label="Name" value={query.search} onSearch={(search) => onChange({ search })} icon />
      <SearchField
        label="Device type"
        value={query.device_type}
        onSearch={(device_type) => onChange({ device_type })}
        placeholder="raspberrypi4"
      />
      {((tags.data?.length ?? 0) > 0 || query.tag.length > 0) && (
        <MultiSelect
          label="Tags (any of)"
          data={[...new Set([...(tags.data ?? []), ...query.tag])]}
          value={query.tag}
          onChange={(tag) => onChange({ tag })}
          searchable
          clearable
          maw={360}
        />
      )}
      <Select
        label="Update type"
        data={[...new Set([...(types.data ?? []), ...(query.update_type ? [query.update_type] : [])])]}
        value={query.update_type || null}
        onChange={(update_type) => onChange({ update_type: update_type ?? '' })}
        placeholder="Any"
        clearable
      />
    </Group>
  )
}

type FieldProps = {
  label: string
  value: string
  onSearch: (text: string) => void
  placeholder?: string
  icon?: boolean
}

/** Searches once the user stops typing. */
function SearchField({ label, value, onSearch, placeholder = '', icon = false }: FieldProps) {
  const [text, setText] = useState(value)
  const search = useDebouncedCallback(onSearch, DEBOUNCE_MS)
  useEffect(() => setText(value), [value])
  return (
    <TextInput
      {...{ label, placeholder, value: text }}
      {...(icon ? { leftSection: <IconSearch size={16} aria-hidden /> } : {})}
      onChange={({ currentTarget }) => {
        setText(currentTarget.value)
        search(currentTarget.value.trim())
      }}
    />
  )
}
