import { useQuery } from '@tanstack/react-query'
import type { DeploymentsOverview } from '../../src/deployments/views/find-overview.ts'
import type { Fleet } from '../../src/inventory/fleet.ts'
import type { FleetTimeline } from '../../src/inventory/fleet-timeline.ts'
import { get, list } from './http.ts'
import { OVERVIEW } from './live.ts'
import { useMay } from './session.ts'

export type { DeploymentsOverview, Fleet, FleetTimeline }

/** The server caches the counts of a large fleet, so frequent requests are cheap. */
export function useFleet() {
  const may = useMay()
  return useQuery({
    queryKey: ['devices', 'fleet'],
    queryFn: ({ signal }) => get<Fleet>('/api/management/v2/inventory/fleet', undefined, signal),
    refetchInterval: 5_000,
    enabled: may('read_devices'),
  })
}

const FLEET_TIMELINE = '/api/management/v2/inventory/fleet/timeline'
/** The same 30 days as a table. */
export const FLEET_CSV = `${FLEET_TIMELINE}/export`

/** The past 30 days of all devices. Refused to users who see only some. */
export function useFleetTimeline() {
  const may = useMay()
  return useQuery({
    queryKey: ['devices', 'fleet', 'timeline'],
    queryFn: ({ signal }) => get<FleetTimeline>(FLEET_TIMELINE, undefined, signal),
    refetchInterval: 5 * 60_000,
    retry: false,
    enabled: may('read_devices'),
  })
}

export function useDeploymentsOverview() {
  const may = useMay()
  return useQuery({
    queryKey: OVERVIEW,
    queryFn: ({ signal }) => get<DeploymentsOverview>('/api/management/v2/deployments/overview', undefined, signal),
    refetchInterval: 5_000,
    enabled: may('read_deployments'),
  })
}

/** The token by which devices identify their tenant. */
export const useTenantToken = () =>
  useQuery({
    queryKey: ['tenant'],
    queryFn: ({ signal }) =>
      get<{ tenant_token: string }>('/api/management/v1/tenantadm/user/tenant', undefined, signal),
    select: ({ tenant_token }) => tenant_token,
    staleTime: Number.POSITIVE_INFINITY,
  })

export function useReleaseCount() {
  const may = useMay()
  return useQuery({
    queryKey: ['releases', 'count'],
    queryFn: ({ signal }) =>
      list<unknown>('/api/management/v2/deployments/deployments/releases', { per_page: 1 }, signal),
    select: ({ total }) => total,
    refetchInterval: 5_000,
    enabled: may('read_releases'),
  })
}
