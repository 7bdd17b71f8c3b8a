import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { PastEvent } from '../../src/events/event.ts'
import type { PageState } from '../parts/pager.tsx'
import { list } from './http.ts'

export type { PastEvent }

const LOGS = '/api/management/v1/auditlogs/logs'

/** Empty strings do not filter. */
export type EventFilter = {
  actor_email: string
  action: string
  object_type: string
  /** Unix seconds, inclusive. */
  created_after: string
  created_before: string
}

export const useEvents = (filter: EventFilter, page: PageState, { enabled = true } = {}) =>
  useQuery({
    queryKey: ['audit-log', filter, page],
    queryFn: ({ signal }) => list<PastEvent>(LOGS, { ...filter, ...page }, signal),
    placeholderData: keepPreviousData,
    enabled,
  })

export const LOGS_EXPORT = `${LOGS}/export`
