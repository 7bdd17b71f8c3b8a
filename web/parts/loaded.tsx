import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Failure } from './failure.tsx'
import { LoadingSkeleton } from './loading-skeleton.tsx'

type Props<Data> = {
  query: UseQueryResult<Data>
  /** Lines of the skeleton, which should be about as tall as the content. */
  lines?: number
  children: (data: Data) => ReactNode
}

/** A skeleton, then the data or the error. If a refetch fails, the previous data stays below the error. */
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
  return <LoadingSkeleton lines={lines} />
}
