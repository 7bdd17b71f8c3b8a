import { Select, type SelectProps } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useState } from 'react'
import { useDeviceSearch } from '../api/targets.ts'
import { notFound, notLoaded } from './choices.ts'
import { useNameOf } from './device-facts.ts'

type Props = Pick<SelectProps, 'label' | 'w' | 'maw'> & { value: string; onChange: (id: string) => void }

/** Chooses one device, of any status, by its name, ID or attributes. */
export function DeviceSelect({ value, onChange, ...props }: Props) {
  const nameOf = useNameOf()
  const [search, setSearch] = useState('')
  const [chosen, setChosen] = useState<{ value: string; label: string }>()
  const [text] = useDebouncedValue(search, 250)
  // The field shows the name of the chosen device, which is no search.
  const found = useDeviceSearch(chosen?.label === text ? '' : text, { any_status: true })
  const options = new Map((found.data?.rows ?? []).map((device) => [device.id, nameOf(device)]))
  if (chosen) options.set(chosen.value, chosen.label)
  return (
    <Select
      {...props}
      placeholder="Search by name, ID or any attribute"
      required
      searchable
      selectFirstOptionOnChange
      data={[...options].map(([id, label]) => ({ value: id, label }))}
      filter={({ options }) => options}
      value={value || null}
      searchValue={search}
      onSearchChange={setSearch}
      onChange={(id, option) => {
        setChosen(id === null ? undefined : { value: id, label: option?.label ?? id })
        onChange(id ?? '')
      }}
      nothingFoundMessage={
        found.isFetching ? 'Searching…' : notFound({ data: found.data, failure: found.error }, 'No matching devices')
      }
      error={notLoaded(found.error)}
    />
  )
}
