import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Failure } from './failure.tsx'
import { Opening } from './opening.tsx'

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
  return <Opening lines={lines} />
}
