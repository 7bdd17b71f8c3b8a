import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import type { PhaseState } from '../phases.ts'
import { among, type DeploymentKey, keyOf } from './progress-rows.ts'

/** The phases of several deployments, in order. */
export async function readPhases(db: Db, keys: readonly DeploymentKey[]): Promise<Map<string, PhaseState[]>> {
  if (keys.length === 0) return new Map()
  const rows = await db.query<DeploymentKey & PhaseState>(sql`
    select tenant_id, deployment_id, batch_size, start_ts, capacity, device_count from deployment_phases
    where ${among(sql`(tenant_id, deployment_id)`, keys)}
    order by tenant_id, deployment_id, phase_index`)
  const phases = new Map<string, PhaseState[]>()
  for (const row of rows) {
    const found = phases.get(keyOf(row))
    if (found) found.push(row)
    else phases.set(keyOf(row), [row])
  }
  return phases
}
