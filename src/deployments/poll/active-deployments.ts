import { findArtifactsNamed } from '../../artifacts/find-artifacts.ts'
import { batched } from '../../db/batch.ts'
import type { Db } from '../../db/db.ts'
import { perEnv } from '../../db/memory/per-object.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import type { AttributeName } from '../../inventory/referenced-attributes.ts'
import type { ActiveDeployments } from '../active-deployment.ts'
import { type ActiveRow, ActiveSet, type ActiveSetUpdate } from '../active-set.ts'

type CachedSet = { set: ActiveSet; asked_ms: number }
const cached = perEnv(() => new Map<string, CachedSet>())

const FORGOTTEN_AFTER_MS = 60 * 60 * 1000

/** As of `version` or later: kept in memory, brought up to date when the version has grown. */
export async function activeDeployments(env: Env, tenant_id: string, version: number): Promise<ActiveDeployments> {
  const found = cached(env).get(tenant_id)
  if (!found || found.set.version < version) return updated(env, { tenant_id, version })
  found.asked_ms = env.now().getTime()
  return found.set
}

const NOTHING: readonly AttributeName[] = []

/** What filters of a tenant looked at when this process knew it last. */
export const referencedAttributes = (env: Env, tenant_id: string): readonly AttributeName[] =>
  cached(env).get(tenant_id)?.set.referenced ?? NOTHING

/** One after the other for a tenant, so that nothing older comes after what is newer; who waits meanwhile shares the next. */
const updated = batched<Env, { tenant_id: string; version: number }, ActiveDeployments>(
  async (env, asked) => {
    const { tenant_id } = asked[0]!
    const version = Math.max(...asked.map((one) => one.version))
    const tenants = cached(env)
    const set = tenants.get(tenant_id)?.set ?? new ActiveSet()
    if (set.version < version) set.update(await readRenewal(env.db, { tenant_id, version, set }))
    const asked_ms = env.now().getTime()
    evictUnused(tenants, asked_ms)
    tenants.set(tenant_id, { set, asked_ms })
    return asked.map(() => set)
  },
  { maxInFlight: 1, partition: ({ tenant_id }) => tenant_id, name: 'active_deployments' },
)

/** Tenants of which no device has asked for long. */
function evictUnused(tenants: Map<string, CachedSet>, now_ms: number) {
  for (const [tenant_id, { asked_ms }] of tenants) if (now_ms - asked_ms > FORGOTTEN_AFTER_MS) tenants.delete(tenant_id)
}

type Asked = { tenant_id: string; version: number; set: ActiveSet }

/** Reads in full only what the set does not have. */
async function readRenewal(db: Db, { tenant_id, version, set }: Asked): Promise<ActiveSetUpdate> {
  const active = await readActive(db, tenant_id)
  const added = await readRows(
    db,
    tenant_id,
    active.map(({ id }) => id).filter((id) => !set.byId.has(id)),
  )
  const deployments = [...added, ...active.flatMap(({ id }) => set.byId.get(id) ?? [])]
  const names = [...new Set(deployments.map(({ artifact_name }) => artifact_name))]
  const [any] = active
  const created_by = any && added.length > 0 ? any.deployments_version : set.complete_as_of
  return {
    version,
    complete_as_of: created_by,
    active,
    added,
    artifacts: await findArtifactsNamed(db, tenant_id, names, set.artifacts),
  }
}

const readActive = (db: Db, tenant_id: string) =>
  db.query<ActiveSetUpdate['active'][number] & { deployments_version: number }>(sql`
    select d.id, d.update_control_map, t.deployments_version
    from deployment_progress p join deployments d on d.tenant_id = p.tenant_id and d.id = p.deployment_id
      join tenants t on t.tenant_id = p.tenant_id
    where p.tenant_id = ${tenant_id} and p.finished is null`)

const readRows = async (db: Db, tenant_id: string, ids: readonly string[]) =>
  ids.length === 0
    ? []
    : db.query<ActiveRow>(sql`
        select d.tenant_id, d.id, d.artifact_name, d.created, d.type, d.dynamic, d.audience, d.groups,
          coalesce(d.filter -> 'terms', '[]') as terms, d.retries, d.force_installation,
          (d.dynamic and d.max_devices is not null) or exists (
            select 1 from deployment_phases f where f.tenant_id = d.tenant_id and f.deployment_id = d.id) as limited
        from deployments d where d.tenant_id = ${tenant_id} and d.id = any(${ids})`)
