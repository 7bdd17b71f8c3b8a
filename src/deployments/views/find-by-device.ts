import { type Asker, andVisible } from '../../auth/devices/visible-devices.ts'
import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { tooManyMatches } from '../../errors.ts'
import type { Term } from '../../inventory/filter.ts'
import { termsToSql } from '../../inventory/filter-to-sql.ts'
import { type DeploymentQuery, findDeployments } from './find-deployments.ts'

const MOST_DEVICES = 100

/** The deployments of the devices that a term describes, named, listed, or having asked. */
export async function findDeploymentsByDevice(
  db: Db,
  asker: Asker,
  now: string,
  { term, ...query }: DeploymentQuery & { term: Term },
) {
  const devices = await db.query<{ id: string }>(sql`
    select d.id from devices d where d.tenant_id = ${asker.tenant_id} ${andVisible(asker)} and ${termsToSql([term])}
    limit ${MOST_DEVICES + 1}`)
  if (devices.length > MOST_DEVICES) throw tooManyMatches(MOST_DEVICES, term.attribute)
  return findDeployments(db, asker, now, { ...query, device_ids: devices.map(({ id }) => id) })
}
