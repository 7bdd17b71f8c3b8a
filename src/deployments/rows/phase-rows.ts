import type { Db } from '../../db/db.ts'
import { prepared, raw, type Sql, sql } from '../../db/sql.ts'
import type { PhaseState } from '../phase-state.ts'
import { countersOf, standingsOf } from './counter-columns.ts'
import { among, type DeploymentKey, keyOf } from './deployment-key.ts'

type PhaseRow = DeploymentKey & Omit<PhaseState, 'is_fixed'> & { is_named: boolean; is_ranked: boolean }

/**
 * The phases of several deployments, in order. The counters are read only of deployments that have rules, because
 * nothing else depends on them.
 */
export async function readPhases(db: Db, keys: readonly DeploymentKey[]): Promise<Map<string, PhaseState[]>> {
  const phases = new Map<string, PhaseState[]>()
  if (keys.length === 0) return phases
  for (const { is_named, is_ranked, ...row } of await db.query<PhaseRow>(
    prepared(sql`
      select ${PHASE_STATE} from deployment_phases f
        join deployments d on d.tenant_id = f.tenant_id and d.id = f.deployment_id
      where ${among(sql`(f.tenant_id, f.deployment_id)`, keys)}
      order by f.tenant_id, f.deployment_id, f.phase_index`),
  )) {
    const phase = { ...row, is_fixed: is_named || is_ranked }
    const found = phases.get(keyOf(row))
    if (found) found.push(phase)
    else phases.set(keyOf(row), [phase])
  }
  return phases
}

const PHASE_STATE: Sql = sql`
  f.tenant_id, f.deployment_id, f.id, f.phase_index, f.start_ts, f.capacity, f.device_count, f.named is not null as is_named,
  coalesce(d.rollout ->> 'order' = 'random', false) as is_ranked, f.gate, f.opened_at, f.held_since, f.gate_opened_at,
  f.approved_at, f.verdicts,
  case when d.rollout is not null then ${countersOf('f')} || ${standingsOf('f')} end as ${raw('counts')}`
