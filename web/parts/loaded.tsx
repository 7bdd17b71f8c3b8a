import { Skeleton, Stack } from '@mantine/core'
import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Failure } from './failure.tsx'

type Props<Data> = {
  query: UseQueryResult<Data>
  /** Lines of a skeleton that is about as tall as what comes. */
  lines?: number
  children: (data: Data) => ReactNode
}

/** A skeleton, then the data; when it cannot be had, why. Data that could not be renewed stays, with the reason above. */
export function Loaded<Data>({ query, lines = 5, children }: Props<Data>) {
  const { data, error, refetch } = query
  if (data !== undefined)
    return (
      <>
        {error && <Failure error={error} onRetry={refetch} />}
        {children(data)}
      </>
    )
  if (error) return <Failure error={error} onRetry={refetch} />
  return (
    <Stack gap="sm" aria-busy="true" aria-label="Loading" role="status">
      {Array.from({ length: lines }, (_, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike
        <Skeleton key={line} height={28} />
      ))}
    </Stack>
  )
}
