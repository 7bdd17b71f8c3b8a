import { MultiSelect } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useState } from 'react'
import { useDeviceNames, useDeviceSearch } from '../api/targets.ts'
import { notFound, notLoaded } from './choices.ts'
import { useNameOf } from './device-facts.ts'

type Props = {
  label: string
  description?: string
  value: string[]
  error?: string | undefined
  onChange: (ids: string[]) => void
}

/** Chooses devices by their names, IDs or attributes. */
export function DevicePicker({ label, description, value, error, onChange }: Props) {
  const nameOf = useNameOf()
  const [search, setSearch] = useState('')
  const [text] = useDebouncedValue(search, 250)
  const found = useDeviceSearch(text)
  const names = useDeviceNames(value)
  const options = new Map(value.map((id) => [id, names.data?.get(id) ?? (names.isPending ? '…' : id)]))
  for (const device of found.data?.rows ?? []) options.set(device.id, nameOf(device))
  return (
    <MultiSelect
      label={label}
      placeholder="Search by name, ID or any attribute"
      searchable
      data={[...options].map(([id, label]) => ({ value: id, label }))}
      filter={({ options }) => options}
      value={value}
      onChange={onChange}
      searchValue={search}
      onSearchChange={setSearch}
      nothingFoundMessage={notFound({ data: found.data, failure: found.error }, 'No matching accepted devices')}
      description={description}
      error={error ?? notLoaded(found.error)}
    />
  )
}
