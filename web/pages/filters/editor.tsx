import { Alert, Button, Group, Stack, Text, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import {
  type FilterContent,
  type FilterTerm,
  missingIn,
  replaceFilter,
  type SavedFilter,
  saveFilter,
  termProblemOf,
  useFiltersChanged,
  useFilterToEdit,
} from '../../api/filters.ts'
import { isRefusal } from '../../api/http.ts'
import { errorsOf } from '../../parts/field-errors.ts'
import { EMPTY_TERM, FilterBuilder } from '../../parts/filter-builder.tsx'
import { FilterMatches, useMatches } from '../../parts/filter-matches.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Problem } from '../../parts/problem.tsx'

export const NewFilter = ({ onClose }: { onClose: () => void }) => (
  <Editor
    label="New filter"
    content={{ name: '', terms: [EMPTY_TERM] }}
    onSave={async ({ name, terms }) => {
      await saveFilter(name, terms)
    }}
    onClose={onClose}
  />
)

type EditProps = { filter: SavedFilter; onClose: () => void }

/** Changes the filter, unless somebody else has changed it since the editor was opened. */
export function EditFilter({ filter: { id, name }, onClose }: EditProps) {
  const edited = useFilterToEdit(id)
  return (
    <Loaded query={edited} lines={4}>
      {({ filter, etag }) => (
        <Editor
          key={etag}
          label={`Edit filter ${name}`}
          content={filter}
          onSave={(content) => replaceFilter(id, content, etag)}
          onReload={edited.refetch}
          onClose={onClose}
        />
      )}
    </Loaded>
  )
}

type EditorProps = {
  label: string
  content: FilterContent
  onSave: (content: FilterContent) => Promise<void>
  onReload?: () => unknown
  onClose: () => void
}

function Editor({ label, content, onSave, onReload, onClose }: EditorProps) {
  const [name, setName] = useState(content.name)
  const [terms, setTerms] = useState<FilterTerm[]>([...content.terms])
  const [isChecked, setChecked] = useState(false)
  const onChanged = useFiltersChanged()
  const matches = useMatches(terms)
  const save = useMutation({
    mutationFn: () => onSave({ name: name.trim(), terms }),
    onSuccess: async () => {
      await onChanged()
      onClose()
    },
  })
  const missing = isChecked ? terms.map(missingIn).find(Boolean) : undefined
  const errors = errorsOf(termProblemOf(save.error) ? undefined : save.error, { name: 'name' })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setChecked(true)
    if (!terms.some(missingIn) && !save.isPending) save.mutate()
  }
  return (
    <form className="card" aria-label={label} onSubmit={submit}>
      <Stack gap="md">
        <TextInput
          maw="34rem"
          label="Filter name"
          required
          maxLength={256}
          autoFocus
          value={name}
          error={errors.name}
          onChange={({ currentTarget: { value } }) => setName(value)}
        />
        <FilterBuilder
          terms={terms}
          onChange={(next) => {
            setTerms(next)
            save.reset()
          }}
          problem={missing ?? termProblemOf(save.error) ?? matches.problem}
        />
        {isRefusal(save.error, 'version_mismatch') ? (
          <Alert color="yellow" role="alert" title="Somebody else has changed this filter">
            <Stack gap="xs" align="flex-start">
              <Text size="sm">Your changes are not saved.</Text>
              <Button size="xs" variant="default" onClick={onReload}>
                Load the present version
              </Button>
            </Stack>
          </Alert>
        ) : (
          <Problem>{errors.form}</Problem>
        )}
        <Group justify="space-between" align="flex-end" gap="md">
          <FilterMatches matches={matches} />
          <Group gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={save.isPending}>
              Save filter
            </Button>
          </Group>
        </Group>
      </Stack>
    </form>
  )
}
