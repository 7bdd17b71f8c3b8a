import { Anchor, Group, Skeleton, Stack, Text } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { Link } from 'wouter'
import { counted, whole } from '../../src/texts/numbers.ts'
import {
  ACCEPTED,
  type FilterTerm,
  finishedTerms,
  type TermProblem,
  termProblemOf,
  useDeviceSearch,
} from '../api/filters.ts'
import { useNameOf } from './device-facts.ts'
import { Failure } from './failure.tsx'
import { devicePage } from './links.ts'

const SHOWN = 5
const DEBOUNCE_MS = 300

/** The devices that match the complete terms, shortly after the user stops typing. */
export function useMatches(terms: readonly FilterTerm[]) {
  const [debounced] = useDebouncedValue(JSON.stringify(finishedTerms(terms)), DEBOUNCE_MS)
  const filters = JSON.parse(debounced) as FilterTerm[]
  const accepted = useDeviceSearch({ filters: [...filters, ACCEPTED], per_page: SHOWN })
  const all = useDeviceSearch({ filters, per_page: 1, attributes: [{ scope: 'identity', attribute: 'status' }] })
  const found = termProblemOf(accepted.error)
  const problem: TermProblem | undefined = found && { ...found, path: pathAmong(terms, found.path) }
  return { accepted, others: (all.data?.total ?? 0) - (accepted.data?.total ?? 0), error: accepted.error, problem }
}

/** The path among all terms of a term that the server reports: it received only the complete ones. */
function pathAmong(terms: readonly FilterTerm[], [reported = 0, ...inGroup]: readonly number[]): number[] {
  const indexes = terms.flatMap((term, at) => (finishedTerms([term]).length > 0 ? [at] : []))
  return [indexes[reported] ?? reported, ...inGroup]
}

/** The number of matching devices and the first of them. */
export function FilterMatches({ matches }: { matches: ReturnType<typeof useMatches> }) {
  const { accepted, others, error, problem } = matches
  const { data } = accepted
  const nameOf = useNameOf()
  return (
    <Stack gap="2xs" aria-live="polite" aria-busy={accepted.isFetching}>
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
            <Anchor key={device.id} component={Link} href={devicePage(device.id)} size="sm" className="break-anywhere">
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
