import type { Viewer } from '../auth/devices/visible-devices.ts'
import type { Env } from '../env.ts'
import { findReleases, type ReleaseQuery, type ReleaseSlice } from './find-releases.ts'
import type { Release } from './release.ts'

const CHUNK = 500

/** All releases that match, in chunks. One that changes its place during the walk may be missing. */
export async function* walkReleases(
  env: Pick<Env, 'db'>,
  query: ReleaseQuery & { viewer: Viewer },
  order: ReleaseSlice['order'],
): AsyncGenerator<Release[]> {
  for (let offset = 0; ; offset += CHUNK) {
    const { releases } = await findReleases(env, query, { order, limit: CHUNK, offset })
    if (releases.length > 0) yield releases
    if (releases.length < CHUNK) return
  }
}
