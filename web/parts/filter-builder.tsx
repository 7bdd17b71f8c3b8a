import { Button, Stack, Text } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import type { Term, TermProblem } from '../api/filters.ts'
import { TermRow } from './term-row.tsx'

export const EMPTY_TERM: Term = { scope: 'inventory', attribute: '', type: '$eq', value: '' }

type Props = {
  terms: readonly Term[]
  onChange: (terms: Term[]) => void
  /** An error in one of the terms: see `termProblemOf` and `missingIn`. */
  problem?: TermProblem | undefined
}

/** Edits terms that must all match. Controlled by the caller. */
export function FilterBuilder({ terms, onChange, problem }: Props) {
  return (
    <Stack gap="sm">
      {terms.map((term, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: terms have no key, and a row has no state beyond its term
        <div key={at}>
          {at > 0 && (
            <Text size="xs" c="dimmed" fw={600} mb="2xs">
              and
            </Text>
          )}
          <TermRow
            term={term}
            number={at + 1}
            problem={problem?.term === at ? problem : undefined}
            onChange={(next) => onChange(terms.with(at, next))}
            onRemove={() => onChange(terms.toSpliced(at, 1))}
          />
        </div>
      ))}
      <div>
        <Button
          size="xs"
          variant="default"
          leftSection={<IconPlus size={16} aria-hidden />}
          onClick={() => onChange([...terms, EMPTY_TERM])}
        >
          Add condition
        </Button>
      </div>
    </Stack>
  )
}
