import { useQuery, useQueryClient } from '@tanstack/react-query'
import type { DownloadLimits, NewDownloadLimits } from '../../src/deployments/download-limits.ts'
import type { RunningDownloadsView } from '../../src/deployments/views/find-running-downloads.ts'
import { REFETCH_INTERVAL_MS } from './devices.ts'
import { call, get } from './http.ts'

export type { DownloadLimits, NewDownloadLimits, RunningDownloadsView }

const LIMITS = '/api/management/v2/deployments/download_limits'
const KEY = ['download-limits']

export const useDownloadLimits = () =>
  useQuery({
    queryKey: [...KEY, 'settings'],
    queryFn: ({ signal }) => get<DownloadLimits>(LIMITS, undefined, signal),
  })

export const useRunningDownloads = () =>
  useQuery({
    ...{ queryKey: [...KEY, 'running'], refetchInterval: REFETCH_INTERVAL_MS },
    queryFn: ({ signal }) => get<RunningDownloadsView>(`${LIMITS}/running`, undefined, signal),
  })

export const saveDownloadLimits = (limits: NewDownloadLimits): Promise<void> => call('PUT', LIMITS, { body: limits })

export function useDownloadLimitsChanged(): () => Promise<unknown> {
  const queries = useQueryClient()
  return () => queries.invalidateQueries({ queryKey: KEY })
}
