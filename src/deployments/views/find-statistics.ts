import type { Viewer } from '../../auth/devices/visible-devices.ts'
import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import { deploymentNotFound } from '../../errors.ts'
import { countersOf } from '../rows/counter-columns.ts'
import { andOfVisible } from '../rows/visible-deployments.ts'
import type { Counters } from '../statistics.ts'

/** The devices of a deployment by status, as of now. */
export async function findStatistics({ db }: Pick<Env, 'db'>, viewer: Viewer, id: string): Promise<Counters> {
  const [found] = await readStatistics(db, viewer, [id])
  if (!found) throw deploymentNotFound()
  return found.stats
}

/** Of those of the deployments that the viewer sees. */
export const readStatistics = (db: Db, viewer: Viewer, ids: readonly string[]) =>
  db.query<{ id: string; stats: Counters }>(sql`
    select p.deployment_id as id, ${countersOf('p')} as stats from deployment_progress p
    where p.tenant_id = ${viewer.tenant_id} and p.deployment_id = any(${ids})
      ${andOfVisible(viewer, sql`p.deployment_id`)}
    order by p.deployment_id`)
