import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import { nextOpening, openPhase, type PhaseState } from '../phases.ts'
import { type Progress, takesDevices } from '../progress.ts'
import { among, type DeploymentKey, keyOf } from '../rows/progress-rows.ts'

/** Whether a deployment takes one more device: into which phase (null: it has none), not yet, or never again. */
export type Room = { phase: number | null } | 'later' | 'never'

type Count = Pick<Progress, 'finished' | 'max_devices' | 'device_count'>

export function roomIn(progress: Count, phases: readonly PhaseState[], now: string): Room {
  if (!takesDevices(progress)) return 'never'
  if (phases.length === 0) return { phase: null }
  const phase = openPhase(phases, now)
  return phase === undefined ? 'later' : { phase }
}

/**
 * No room, and none before `until_ms`: places only become fewer, until a phase opens. Once a process knows it, polls are turned
 * away without a look at the database.
 */
export type Closed = { room: 'later' | 'never'; until_ms: number }

export const closedFor = (room: Closed['room'], phases: readonly PhaseState[], now: string): Closed => ({
  room,
  until_ms: room === 'never' ? Number.POSITIVE_INFINITY : nextOpening(phases, now),
})

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
