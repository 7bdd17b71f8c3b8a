import { Button, Group, Stack } from '@mantine/core'
import { useState } from 'react'
import type { FilterTerm, TermProblem } from '../../api/filters.ts'
import { EMPTY_TERM, FilterBuilder } from '../../parts/filter-builder.tsx'
import { FilterMatches, useMatches } from '../../parts/filter-matches.tsx'
import { SavedFilterPicker, SaveFilter } from '../../parts/saved-filters.tsx'

type Props = { terms: FilterTerm[]; onChange: (terms: FilterTerm[]) => void }

/** The filter of the list; changes take effect immediately. */
export function TermsPanel({ terms, onChange }: Props) {
  const [problem, setProblem] = useState<TermProblem>()
  const matches = useMatches(terms)
  const change = (next: FilterTerm[]) => {
    setProblem(undefined)
    onChange(next)
  }
  return (
    <section className="card" aria-label="Filter">
      <Stack gap="md">
        <Group justify="space-between" align="flex-end">
          <SavedFilterPicker terms={terms} onPick={(filter) => change(filter.terms)} />
          {terms.length > 0 && (
            <Button variant="subtle" onClick={() => change([])}>
              Clear filter
            </Button>
          )}
        </Group>
        <FilterBuilder
          terms={terms.length > 0 ? terms : [EMPTY_TERM]}
          onChange={change}
          problem={problem ?? matches.problem}
        />
        <Group justify="space-between" align="flex-end" gap="md">
          <FilterMatches matches={matches} />
          {terms.length > 0 && <SaveFilter terms={terms} onProblem={setProblem} />}
        </Group>
      </Stack>
    </section>
  )
}
