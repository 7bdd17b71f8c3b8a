import { Button, Group, Select, Text, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { isGroup, termText } from '../../src/texts/terms.ts'
import {
  deleteFilter,
  type FilterTerm,
  missingIn,
  type SavedFilter,
  saveFilter,
  type TermProblem,
  termProblemOf,
  useFiltersChanged,
  useSavedFilters,
} from '../api/filters.ts'
import { problemOf } from '../api/http.ts'
import { useMay, useSession } from '../api/session.ts'
import { notLoaded } from './choices.ts'
import { Confirm } from './confirm.tsx'

const serialized = (terms: readonly FilterTerm[]): string =>
  JSON.stringify(
    terms.map((term) => {
      if (isGroup(term)) return [term.type, serialized(term.terms)]
      const { scope, attribute, type, value } = term
      return [scope, attribute, type, value]
    }),
  )
/** Whether two filters have the same terms. */
export const isSame = (a: readonly FilterTerm[], b: readonly FilterTerm[]) => serialized(a) === serialized(b)

type PickerProps = { terms: readonly FilterTerm[]; onPick: (filter: SavedFilter) => void; label?: string }

/** Chooses a saved filter; one with exactly these terms is shown as chosen. Hidden if the plan has no saved filters. */
export function SavedFilterPicker({ terms, onPick, label = 'Saved filter' }: PickerProps) {
  const enabled = useSession().features.saved_filters === true
  const { data: filters = [], isSuccess, error } = useSavedFilters({ enabled })
  const chosen = filters.find((filter) => isSame(filter.terms, terms))
  if (!enabled) return null
  return (
    <Group align="flex-end" gap="xs">
      <Select
        label={label}
        placeholder={filters.length === 0 && isSuccess ? 'No saved filters yet' : 'Choose a filter'}
        data={filters.map(({ id, name }) => ({ value: id, label: name }))}
        value={chosen?.id ?? null}
        disabled={filters.length === 0}
        searchable
        nothingFoundMessage="No matching filters"
        error={notLoaded(error)}
        onChange={(id) => {
          const filter = filters.find((one) => one.id === id)
          if (filter) onPick(filter)
        }}
      />
      {chosen && <DeleteFilter filter={chosen} />}
    </Group>
  )
}

function DeleteFilter({ filter }: { filter: SavedFilter }) {
  const may = useMay()
  const [confirming, setConfirming] = useState(false)
  if (!may('filters')) return null
  return (
    <>
      <Button variant="subtle" color="red" onClick={() => setConfirming(true)}>
        Delete filter
      </Button>
      {confirming && <ConfirmDelete filter={filter} onClose={() => setConfirming(false)} />}
    </>
  )
}

export function ConfirmDelete({ filter, onClose }: { filter: SavedFilter; onClose: () => void }) {
  const onChanged = useFiltersChanged()
  return (
    <Confirm
      title={`Delete filter ${filter.name}?`}
      action="Delete filter"
      onConfirm={() => deleteFilter(filter.id).then(onChanged)}
      onClose={onClose}
    >
      <Text size="sm" lineClamp={4} className="break-anywhere">
        {sentenceOf(filter.terms)}.
      </Text>
      <Text size="sm">Existing deployments that use it do not change.</Text>
    </Confirm>
  )
}

export const sentenceOf = (terms: readonly FilterTerm[]): string => terms.map(termText).join(' and ')

type SaveProps = { terms: readonly FilterTerm[]; onProblem: (problem: TermProblem | undefined) => void }

/** Saves the terms as a filter. Errors in a term are passed to the filter builder. */
export function SaveFilter({ terms, onProblem }: SaveProps) {
  const [name, setName] = useState('')
  const onChanged = useFiltersChanged()
  const enabled = useSession().features.saved_filters === true
  const may = useMay()
  const saving = useMutation({
    mutationFn: () => saveFilter(name, terms),
    onMutate: () => onProblem(undefined),
    onError: (error) => onProblem(termProblemOf(error)),
    onSuccess: () => {
      setName('')
      return onChanged()
    },
  })
  if (!enabled || !may('filters')) return null
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const missing = terms.map(missingIn).find(Boolean)
    if (missing) return onProblem(missing)
    saving.mutate()
  }
  return (
    <form onSubmit={submit}>
      <Group align="flex-start" gap="xs">
        <TextInput
          label="Filter name"
          placeholder="Europe, without the lab"
          value={name}
          error={saving.error && !termProblemOf(saving.error) ? problemOf(saving.error).sentence : undefined}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Button type="submit" variant="default" className="beside-field" loading={saving.isPending}>
          Save filter
        </Button>
      </Group>
    </form>
  )
}
