import { keepPreviousData, type QueryClient, useQuery } from '@tanstack/react-query'
import type { Artifact } from '../../src/artifacts/artifact.ts'
import type { Release } from '../../src/artifacts/release.ts'
import type { Deployment } from '../../src/deployments/deployment.ts'
import type { SoftwareUse } from '../../src/inventory/software-use.ts'
import { call, get, isRefusal, list } from './http.ts'

export type { Artifact, Release, SoftwareUse }

const RELEASES = '/api/management/v2/deployments/deployments/releases'
const ARTIFACTS = '/api/management/v1/deployments/artifacts'
const ALL = '/api/management/v2/deployments/releases/all'
export const RELEASES_EXPORT = `${ALL}/export`
const DEPLOYMENTS = '/api/management/v2/deployments/deployments'

const pathOf = (name: string): string => `${RELEASES}/${encodeURIComponent(name)}`

/** The query parameters of the list. */
export type ReleaseQuery = {
  page: number
  per_page: number
  sort: string
  search: string
  tag: string[]
  device_type: string
  update_type: string
}

export const useReleases = (query: ReleaseQuery) =>
  useQuery({
    queryKey: ['releases', 'list', query],
    queryFn: ({ signal }) => list<Release>(RELEASES, query, signal),
    placeholderData: keepPreviousData,
  })

export const useRelease = (name: string) =>
  useQuery({
    queryKey: ['releases', 'one', name],
    queryFn: ({ signal }) => get<Release>(pathOf(name), undefined, signal),
  })

/** How many devices run a release, and since when. */
export const useSoftwareUse = (name: string) =>
  useQuery({
    queryKey: ['devices', 'software', name],
    queryFn: ({ signal }) =>
      get<SoftwareUse>(`/api/management/v2/inventory/fleet/software/${encodeURIComponent(name)}`, undefined, signal),
    refetchInterval: 30_000,
  })

/** All tags of releases. */
export const useReleaseTags = () =>
  useQuery({ queryKey: ['releases', 'tags'], queryFn: ({ signal }) => get<string[]>(`${ALL}/tags`, undefined, signal) })

export const useUpdateTypes = () =>
  useQuery({
    queryKey: ['releases', 'types'],
    queryFn: ({ signal }) => get<string[]>(`${ALL}/types`, undefined, signal),
  })

export const saveTags = (name: string, tags: string[]): Promise<void> =>
  call('PUT', `${pathOf(name)}/tags`, { body: tags })
export const saveNotes = (name: string, notes: string): Promise<void> =>
  call('PATCH', pathOf(name), { body: { notes } })
export const deleteReleases = (names: string[]): Promise<void> => call('DELETE', RELEASES, { query: { name: names } })
export const deleteArtifact = (id: string): Promise<void> => call('DELETE', `${ARTIFACTS}/${id}`)
export const describeArtifact = (id: string, description: string): Promise<void> =>
  call('PUT', `${ARTIFACTS}/${id}`, { body: { description } })

/** A link that is valid without a login for 15 minutes. */
export const downloadLink = async (id: string): Promise<string> =>
  (await get<{ uri: string }>(`${ARTIFACTS}/${id}/download`)).uri

export const releasesChanged = (queries: QueryClient): Promise<void> =>
  queries.invalidateQueries({ queryKey: ['releases'] })

/** The unfinished deployments that prevent a deletion; undefined if the error has another reason. */
export function inUseBy(error: unknown): string[] | undefined {
  if (!isRefusal(error, 'artifact_in_use', 'release_in_use')) return undefined
  const { active_deployments } = error.details
  return Array.isArray(active_deployments) ? active_deployments.map(String) : undefined
}

/** The deployments with these IDs. */
export const useDeploymentsNamed = (ids: string[]) =>
  useQuery({
    queryKey: ['deployments', 'named', ids],
    queryFn: ({ signal }) => list<Deployment>(DEPLOYMENTS, { id: ids, per_page: 100 }, signal),
    select: ({ rows }) => rows,
  })
