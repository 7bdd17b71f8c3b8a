import { findArtifactsNamed } from '../../artifacts/find-artifacts.ts'
import { batched } from '../../db/batch.ts'
import { historyChanged } from '../../db/database-errors.ts'
import type { Db } from '../../db/db.ts'
import { awaitTargets } from '../../db/locks/targets-lock.ts'
import { perHistory } from '../../db/memory/per-history.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import type { ActiveDeployments } from '../active-deployment.ts'
import { type ActiveRow, ActiveSet, type ActiveSetUpdate } from '../active-set.ts'
import type { DownloadLimits } from '../download-limits.ts'
import { type PollNeeds, UNKNOWN_NEEDS } from '../poll-needs.ts'
import { ACTIVE_ROW } from '../rows/active-columns.ts'
import { orNoLimits } from '../rows/download-rows.ts'
import type { Versions } from './device-state.ts'

type CachedSet = { set: ActiveSet; used_ms: number }
const cached = perHistory(() => new Map<string, CachedSet>())

const EVICTED_AFTER_MS = 60 * 60 * 1000

type Moment = Pick<Versions, 'deployments_version' | 'history'>

/** The active deployments at a version or later: cached, and updated once the version has increased. */
export async function activeDeployments(env: Env, tenant_id: string, moment: Moment): Promise<ActiveDeployments> {
  requireHistory(env, moment)
  const found = cached(env).get(tenant_id)
  if (!found || found.set.version < moment.deployments_version) return updated(env, { tenant_id, moment })
  found.used_ms = env.now().getTime()
  return found.set
}

/** A version of another history would mark as read what has not been. */
function requireHistory(env: Env, { history }: Moment) {
  if (env.db.history() !== history) throw historyChanged()
}

/** The version that this process has cached, and what polls need because of those deployments. */
export function cachedNeeds(env: Env, tenant_id: string): { version: number | undefined; needs: PollNeeds } {
  const set = cached(env).get(tenant_id)?.set
  return { version: set?.version, needs: set?.needs ?? UNKNOWN_NEEDS }
}

/** One update of a tenant at a time, so that none overwrites a later one. Callers that wait share the next update. */
const updated = batched<Env, { tenant_id: string; moment: Moment }, ActiveDeployments>(
  async (env, requests) => {
    const { tenant_id, moment } = requests[0]!
    requireHistory(env, moment)
    const version = Math.max(...requests.map((request) => request.moment.deployments_version))
    const tenants = cached(env)
    const set = tenants.get(tenant_id)?.set ?? new ActiveSet()
    if (set.version < version) {
      const update = await readUpdate(env.db, { tenant_id, version, set })
      requireHistory(env, moment)
      set.update(update)
    }
    const used_ms = env.now().getTime()
    evictUnused(tenants, used_ms)
    tenants.set(tenant_id, { set, used_ms })
    return requests.map(() => set)
  },
  {
    maxInFlight: 1,
    partition: ({ tenant_id, moment }) => `${moment.history} ${tenant_id}`,
    name: 'active_deployments',
  },
)

/** Tenants whose devices have not polled for a long time. */
function evictUnused(tenants: Map<string, CachedSet>, now_ms: number) {
  for (const [tenant_id, { used_ms }] of tenants) if (now_ms - used_ms > EVICTED_AFTER_MS) tenants.delete(tenant_id)
}

type UpdateRequest = { tenant_id: string; version: number; set: ActiveSet }

/** Reads in full only the deployments that are missing from the set. */
async function readUpdate(db: Db, { tenant_id, version, set }: UpdateRequest): Promise<ActiveSetUpdate> {
  const { active, deployments_version, download_limits } = await readActive(db, tenant_id)
  const added = await readRows(
    db,
    tenant_id,
    active.map(({ id }) => id).filter((id) => !set.byId.has(id)),
  )
  await awaitTargets(
    db,
    added.filter(({ dynamic, audience }) => !dynamic && audience === null).map(({ id }) => id),
  )
  const deployments = [...added, ...active.flatMap(({ id }) => set.byId.get(id) ?? [])]
  const names = [...new Set(deployments.map(({ artifact_name }) => artifact_name))]
  return {
    version,
    complete_as_of: added.length > 0 ? deployments_version : set.complete_as_of,
    ...{ limits: orNoLimits(download_limits), active, added },
    artifacts: await findArtifactsNamed(db, tenant_id, names, set.artifacts),
  }
}

type ActiveList = Pick<ActiveSetUpdate, 'active'> & { deployments_version: number; download_limits: DownloadLimits }

/** In one row, of one moment: thousands of deployments cost the client more as rows than as a list. */
async function readActive(db: Db, tenant_id: string): Promise<ActiveList> {
  const found = await db.first<Omit<ActiveList, 'active'> & { active: ActiveList['active'] | null }>(sql`
    select t.deployments_version, t.download_limits, (
      select json_agg(json_build_object('id', d.id, 'update_control_map', d.update_control_map))
      from deployment_progress p join deployments d on d.tenant_id = p.tenant_id and d.id = p.deployment_id
      where p.tenant_id = t.tenant_id and p.finished is null and d.type <> 'configuration') as active
    from tenants t where t.tenant_id = ${tenant_id}`)
  return { deployments_version: -1, download_limits: {}, ...found, active: found?.active ?? [] }
}

const readRows = async (db: Db, tenant_id: string, ids: readonly string[]) =>
  ids.length === 0
    ? []
    : db.query<ActiveRow>(sql`
        select ${ACTIVE_ROW} from deployments d where d.tenant_id = ${tenant_id} and d.id = any(${ids})`)
