import { ActionIcon, Button, Group, Select, Stack, Text } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { isGroup } from '../../src/texts/terms.ts'
import type { FilterTerm, Term, TermGroup, TermProblem } from '../api/filters.ts'
import { GROUP_KINDS, type GroupKind, toEdited, toGroup } from './filter-groups.ts'
import { TermRow } from './term-row.tsx'

export const EMPTY_TERM: Term = { scope: 'inventory', attribute: '', type: '$eq', value: '' }
const EMPTY_GROUP: TermGroup = { type: '$or', terms: [EMPTY_TERM, EMPTY_TERM] }

/** Groups that are nested deeper can be edited, but not added. */
const MAX_ADDED_DEPTH = 2

type Props = {
  terms: readonly FilterTerm[]
  onChange: (terms: FilterTerm[]) => void
  /** An error in one of the terms: see `termProblemOf` and `missingIn`. */
  problem?: TermProblem | undefined
}

/** Edits terms that must all match. Controlled by the caller. */
export const FilterBuilder = (props: Props) => <TermList {...props} joint="and" prefix="" depth={0} />

type ListProps = Props & {
  joint: 'and' | 'or'
  /** Of the numbers of the terms: `2.` in the second term. */
  prefix: string
  depth: number
}

function TermList({ terms, onChange, problem, joint, prefix, depth }: ListProps) {
  return (
    <Stack gap="sm">
      {terms.map((term, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: terms have no key, and a row has no state beyond its term
        <div key={at}>
          {at > 0 && (
            <Text size="xs" c="dimmed" fw={600} mb="2xs">
              {joint}
            </Text>
          )}
          <AnyTerm
            {...{ term, depth }}
            number={`${prefix}${at + 1}`}
            problem={problem?.path[0] === at ? problem : undefined}
            onChange={(next) => onChange(terms.with(at, next))}
            onRemove={() => onChange(terms.toSpliced(at, 1))}
          />
        </div>
      ))}
      <Group gap="xs">
        <AddButton label="Add condition" onClick={() => onChange([...terms, EMPTY_TERM])} />
        {depth < MAX_ADDED_DEPTH && <AddButton label="Add group" onClick={() => onChange([...terms, EMPTY_GROUP])} />}
      </Group>
    </Stack>
  )
}

const AddButton = ({ label, onClick }: { label: string; onClick: () => void }) => (
  <Button size="xs" variant="default" leftSection={<IconPlus size={16} aria-hidden />} onClick={onClick}>
    {label}
  </Button>
)

type TermProps<One extends FilterTerm> = {
  term: One
  number: string
  depth: number
  problem: TermProblem | undefined
  onChange: (term: FilterTerm) => void
  onRemove: () => void
}

const AnyTerm = ({ term, ...props }: TermProps<FilterTerm>) =>
  isGroup(term) ? <GroupOfTerms term={term} {...props} /> : <TermRow term={term} {...props} />

/** Conditions that are combined: some of them must match, or none. */
function GroupOfTerms({ term, number, depth, problem, onChange, onRemove }: TermProps<TermGroup>) {
  const { kind, terms, levels } = toEdited(term)
  const path = problem?.path.slice(levels) ?? []
  return (
    <fieldset className="term-group" aria-label={`Group ${number}`}>
      <Group gap="sm" align="flex-end" mb="sm">
        <Select
          label="Match"
          data={GROUP_KINDS}
          value={kind}
          allowDeselect={false}
          error={problem && path.length === 0 ? problem.sentence : undefined}
          onChange={(next) => next && onChange(toGroup({ kind: next as GroupKind, terms }))}
        />
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={`Remove group ${number}`} onClick={onRemove}>
          <IconTrash size={18} aria-hidden />
        </ActionIcon>
      </Group>
      <TermList
        {...{ terms, joint: kind === 'any' || kind === 'none' ? 'or' : 'and', prefix: `${number}.`, depth: depth + 1 }}
        problem={problem && path.length > 0 ? { ...problem, path } : undefined}
        onChange={(next) => onChange(toGroup({ kind, terms: next }))}
      />
    </fieldset>
  )
}
