import { andVisible, type Viewer } from '../../auth/devices/visible-devices.ts'
import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { tooManyMatches } from '../../errors.ts'
import type { Term } from '../../inventory/filter.ts'
import { termsToSql } from '../../inventory/filters/filter-to-sql.ts'
import { readListings } from '../rows/listing-rows.ts'
import { type DeploymentQuery, findDeployments } from './find-deployments.ts'

const MAX_DEVICES = 100

/** The deployments that are for the devices that match a term, or that these are assigned to. */
export async function findDeploymentsByDevice(
  db: Db,
  viewer: Viewer,
  now: string,
  { term, ...query }: DeploymentQuery & { term: Term },
) {
  const devices = await db.query<{ id: string }>(sql`
    select d.id from devices d where d.tenant_id = ${viewer.tenant_id} ${andVisible(viewer)} and ${termsToSql([term])}
    limit ${MAX_DEVICES + 1}`)
  if (devices.length > MAX_DEVICES) throw tooManyMatches(MAX_DEVICES, term.attribute)
  const ids = devices.map(({ id }) => id)
  return findDeployments(db, viewer, now, { ...query, listings: await readListings(db, viewer.tenant_id, ids) })
}
