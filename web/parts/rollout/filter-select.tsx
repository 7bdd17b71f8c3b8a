import { Select } from '@mantine/core'
import { termText } from '../../../src/texts/terms.ts'
import { useSavedFilters } from '../../api/targets.ts'

type Props = {
  label: string
  className?: string
  value: string
  error?: string | undefined
  onChange: (filter_id: string) => void
}

/** Chooses a saved filter, and shows its terms. */
export function FilterSelect({ label, className, value, error, onChange }: Props) {
  const { data } = useSavedFilters({ enabled: true })
  const chosen = data?.rows.find(({ id }) => id === value)
  return (
    <Select
      {...(className ? { className } : {})}
      label={label}
      placeholder="Choose a filter"
      searchable
      clearable
      data={data?.rows.map(({ id, name }) => ({ value: id, label: name })) ?? []}
      value={value || null}
      onChange={(id) => onChange(id ?? '')}
      nothingFoundMessage={data?.rows.length === 0 ? 'No saved filters yet' : 'No matching filters'}
      {...(chosen ? { description: chosen.terms.map(termText).join(' and ') } : {})}
      error={error}
    />
  )
}

/** The name of a saved filter; undefined: not known. */
export function useFilterName(id: string | undefined): string | undefined {
  const { data } = useSavedFilters({ enabled: !!id })
  return data?.rows.find((one) => one.id === id)?.name
}
