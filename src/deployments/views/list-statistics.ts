import type { Viewer } from '../../auth/devices/visible-devices.ts'
import type { Env } from '../../env.ts'
import { deploymentNotFound } from '../../errors.ts'
import { readStatistics } from './find-statistics.ts'

/** The devices of several deployments by status. */
export async function listStatistics({ db }: Pick<Env, 'db'>, viewer: Viewer, ids: readonly string[]) {
  const found = await readStatistics(db.reads, viewer, ids)
  if (found.length === 0) throw deploymentNotFound()
  return found
}
