import { Anchor, Select, Text, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useState } from 'react'
import { Link } from 'wouter'
import { useMay } from '../api/session.ts'
import { useReleaseNamed, useReleaseSearch } from '../api/targets.ts'
import { notFound, notLoaded } from './choices.ts'

type Props = { label?: string; value: string; error?: string | undefined; onChange: (name: string) => void }

/** Searches releases while the user types. Users who may not see releases enter the name. */
export function ReleasePicker(props: Props) {
  const may = useMay()
  if (may('read_releases')) return <Search {...props} />
  const { label = 'Release', value, error, onChange } = props
  return (
    <TextInput
      label={label}
      required
      value={value}
      error={error}
      onChange={({ currentTarget }) => onChange(currentTarget.value)}
    />
  )
}

function Search({ label = 'Release', value, error, onChange }: Props) {
  const [search, setSearch] = useState(value)
  const [query] = useDebouncedValue(search === value ? '' : search, 200)
  const { data, error: failure } = useReleaseSearch(query)
  const types = new Map(data?.rows.map(({ Name, Artifacts }) => [Name, typesOf(Artifacts)]))
  const options = [...new Set([...(value === '' ? [] : [value]), ...types.keys()])]
  return (
    <Select
      label={label}
      placeholder="Search by name"
      required
      searchable
      clearable
      data={options}
      filter={({ options }) => options}
      value={value || null}
      onChange={(name) => onChange(name ?? '')}
      searchValue={search}
      onSearchChange={setSearch}
      nothingFoundMessage={notFound({ data, failure }, query === '' ? 'No releases yet' : 'No matching releases')}
      renderOption={({ option }) => (
        <div>
          <Text size="sm" className="break-anywhere">
            {option.value}
          </Text>
          <Text size="xs" c="dimmed">
            {types.get(option.value)}
          </Text>
        </div>
      )}
      description={<Chosen name={value} hasAny={data === undefined || data.total > 0 || query !== ''} />}
      error={error ?? notLoaded(failure)}
    />
  )
}

function Chosen({ name, hasAny }: { name: string; hasAny: boolean }) {
  const { data } = useReleaseNamed(name)
  if (!hasAny)
    return (
      <>
        No releases yet:{' '}
        <Anchor component={Link} href="/releases" inherit>
          upload an artifact
        </Anchor>
      </>
    )
  return <>{data ? `For ${typesOf(data.artifacts)}` : 'The software to install'}</>
}

const typesOf = (artifacts: readonly { device_types_compatible: string[] }[]): string =>
  [...new Set(artifacts.flatMap((one) => one.device_types_compatible))].join(', ')
