import { Anchor, Group, Skeleton, Stack, Text } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { Link } from 'wouter'
import { counted, whole } from '../../src/texts/numbers.ts'
import { finishedTerms, type Term, type TermProblem, termProblemOf, useDeviceSearch } from '../api/filters.ts'
import { nameOf } from './device-facts.ts'
import { Failure } from './failure.tsx'

const ACCEPTED: Term = { scope: 'identity', attribute: 'status', type: '$eq', value: 'accepted' }
const SHOWN = 5
const TYPING = 300

/** How many devices the finished ones of these terms match, a moment after they were typed. */
export function useMatches(terms: readonly Term[]) {
  const [settled] = useDebouncedValue(JSON.stringify(finishedTerms(terms)), TYPING)
  const filters = JSON.parse(settled) as Term[]
  const accepted = useDeviceSearch({ filters: [...filters, ACCEPTED], per_page: SHOWN })
  const all = useDeviceSearch({ filters, per_page: 1, attributes: [{ scope: 'identity', attribute: 'status' }] })
  const found = termProblemOf(accepted.error)
  const problem: TermProblem | undefined = found && { ...found, term: placeAmong(terms, found.term) }
  return { accepted, others: (all.data?.total ?? 0) - (accepted.data?.total ?? 0), error: accepted.error, problem }
}

/** The server saw only the finished terms. */
function placeAmong(terms: readonly Term[], finished: number): number {
  const places = terms.flatMap((term, at) => (finishedTerms([term]).length > 0 ? [at] : []))
  return places[finished] ?? finished
}

/** What the terms match, in words, and the first of the devices. */
export function FilterMatches({ matches }: { matches: ReturnType<typeof useMatches> }) {
  const { accepted, others, error, problem } = matches
  const { data } = accepted
  return (
    <Stack gap={4} aria-live="polite" aria-busy={accepted.isFetching}>
      {error && !problem && <Failure error={error} onRetry={accepted.refetch} />}
      {!data && !error && <Skeleton height={22} width={260} />}
      {data && (
        <Text fw={600} {...(problem ? { c: 'dimmed' } : {})}>
          {counted(data.total, 'accepted device')} {data.total === 1 ? 'matches' : 'match'}
          {others > 0 && (
            <Text span c="dimmed" fw={400}>
              {' '}
              and {whole(others)} {others === 1 ? 'that is' : 'that are'} not accepted
            </Text>
          )}
        </Text>
      )}
      {data && data.rows.length > 0 && (
        <Group gap="xs">
          {data.rows.map((device) => (
            <Anchor
              key={device.id}
              component={Link}
              href={`/devices/${encodeURIComponent(device.id)}`}
              size="sm"
              className="anywhere"
            >
              {nameOf(device)}
            </Anchor>
          ))}
          {data.total > data.rows.length && (
            <Text size="sm" c="dimmed">
              and {whole(data.total - data.rows.length)} more
            </Text>
          )}
        </Group>
      )}
    </Stack>
  )
}
