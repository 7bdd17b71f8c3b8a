import type { Release } from '../../src/artifacts/release.ts'
import type { Deployment } from '../../src/deployments/deployment.ts'
import { list } from './http.ts'

const V2 = '/api/management/v2/deployments/deployments'

type Wanted = { search: string; per_page: number }

/** Releases whose name contains a text, the newest first. */
export const findReleases = (wanted: Wanted, signal: AbortSignal) =>
  list<Release>(`${V2}/releases`, { ...wanted, sort: 'modified:desc' }, signal)

/** Deployments whose name contains a text, the newest first. */
export const findDeployments = (wanted: Wanted, signal: AbortSignal) => list<Deployment>(V2, wanted, signal)
