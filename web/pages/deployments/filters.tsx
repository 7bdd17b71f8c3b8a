import { Chip, Group, Select, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconSearch } from '@tabler/icons-react'
import { type ReactNode, useEffect, useState } from 'react'

const STATES = [
  ...[{ value: '', label: 'All' }],
  ...[
    { value: 'running', label: 'Running' },
    { value: 'scheduled', label: 'Scheduled' },
  ],
  ...[
    { value: 'finished', label: 'Finished' },
    { value: 'aborted', label: 'Aborted' },
  ],
]

const TYPES = [
  { value: 'software', label: 'Releases' },
  { value: 'configuration', label: 'Configurations' },
]

type Props = {
  state: string
  type: string
  search: string
  onChange: (changes: Record<string, string>) => void
  children: ReactNode
}

/** The state, the type and the search text that the list is filtered by. `children`: at the end of the line. */
export function DeploymentFilters({ state, type, search, onChange, children }: Props) {
  const [typed, setTyped] = useState(search)
  const submit = useDebouncedCallback((text: string) => onChange({ search: text }), 250)
  // The address may change by other means, such as the back button.
  useEffect(() => setTyped(search), [search])
  return (
    <Group gap="sm">
      <TextInput
        aria-label="Search by name or release"
        placeholder="Search by name or release"
        type="search"
        w={280}
        maw="100%"
        leftSection={<IconSearch size={16} aria-hidden />}
        value={typed}
        onChange={({ currentTarget: { value } }) => {
          setTyped(value)
          submit(value)
        }}
      />
      <Chip.Group value={state} onChange={(next) => onChange({ state: next })}>
        <Group gap="xs" role="radiogroup" aria-label="State">
          {STATES.map(({ value, label }) => (
            <Chip key={value} value={value} variant="light" size="sm">
              {label}
            </Chip>
          ))}
        </Group>
      </Chip.Group>
      <Group gap="sm" flex={1} justify="space-between" wrap="nowrap">
        <Select
          aria-label="Type"
          placeholder="All types"
          clearable
          w={160}
          data={TYPES}
          value={type || null}
          onChange={(next) => onChange({ type: next ?? '' })}
        />
        {children}
      </Group>
    </Group>
  )
}
