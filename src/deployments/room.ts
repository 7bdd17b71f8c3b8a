import { batched } from '../db/batch.ts'
import type { Db } from '../db/db.ts'
import { sql } from '../db/sql.ts'
import type { Env } from '../env.ts'
import { openPhase, type PhaseState } from './phases.ts'
import { type Progress, takesDevices } from './progress.ts'
import { among, type DeploymentKey, keyOf } from './progress-rows.ts'

/** Whether a deployment takes one more device: into which phase (null: it has none), not yet, or never again. */
export type Room = { phase: number | null } | 'later' | 'never'

type Count = Pick<Progress, 'finished' | 'max_devices' | 'device_count'>

export function roomIn(progress: Count, phases: readonly PhaseState[], now: string): Room {
  if (!takesDevices(progress)) return 'never'
  if (phases.length === 0) return { phase: null }
  const phase = openPhase(phases, now)
  return phase === undefined ? 'later' : { phase }
}

/** Room as it is now, for polls to turn away without a lock; an offer looks again under one. */
export const peekRoom = batched<Env, DeploymentKey, Room>(
  async (env, keys) => {
    const unique = [...new Map(keys.map((key) => [keyOf(key), key])).values()]
    const phases = await readPhases(env.db, unique)
    const progress = await readProgress(env.db, unique)
    const now = env.now().toISOString()
    return keys.map((key) => {
      const found = progress.get(keyOf(key))
      return found ? roomIn(found, phases.get(keyOf(key)) ?? [], now) : 'never'
    })
  },
  { name: 'phases' },
)

/** The phases of several deployments, in order. */
export async function readPhases(db: Db, keys: readonly DeploymentKey[]): Promise<Map<string, PhaseState[]>> {
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

async function readProgress(db: Db, keys: readonly DeploymentKey[]) {
  const rows = await db.query<DeploymentKey & Count>(sql`
    select p.tenant_id, p.deployment_id, p.finished, p.device_count, d.max_devices
    from deployment_progress p join deployments d on d.tenant_id = p.tenant_id and d.id = p.deployment_id
    where ${among(sql`(p.tenant_id, p.deployment_id)`, keys)}`)
  return new Map(rows.map((row) => [keyOf(row), row]))
}
