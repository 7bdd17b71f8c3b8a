import type { Artifact } from '../../artifacts/artifact.ts'
import { findArtifactsNamed } from '../../artifacts/find-artifacts.ts'
import { batched } from '../../db/batch.ts'
import type { Db } from '../../db/db.ts'
import { sql } from '../../db/sql.ts'
import type { Env } from '../../env.ts'
import type { Named } from '../../inventory/excerpt.ts'
import type { Term } from '../../inventory/filter.ts'
import type { Listable } from '../listing.ts'
import { type ActiveRow, ActiveSet, type Renewal } from './active-set.ts'
import type { Closed } from './room.ts'

/** What a poll needs to know of an unfinished deployment, at one `deployments_version` or later. */
export type ActiveDeployment = {
  tenant_id: string
  id: string
  artifact_name: string
  created: string
  type: string
  dynamic: boolean
  /** As in `TargetDevices`. */
  lists: 'all' | 'group' | null
  groups: string[]
  /** That its devices meet, of those it does not name. */
  terms: Term[]
  matches: (device: Listable) => boolean
  retries: number
  force_installation: boolean
  update_control_map: Record<string, unknown> | null
  /** Whether offers depend on counters: it has phases or a limit. */
  limited: boolean
  artifacts: Artifact[]
  /** That nobody more is counted in, as far as this process has seen. */
  closed: Closed | null
}

/** The unfinished deployments of a tenant at one version, or later ones. */
export type ActiveDeployments = {
  version: number
  /** All of them were there at this version. A device that was looked at before may be meant for some without showing it. */
  created_by: number
  byId: ReadonlyMap<string, ActiveDeployment>
  /** When the newest was created; empty: there is none. */
  newest: string
  /** The attributes that their filters look at. */
  looks_at: readonly Named[]
  /** Whether one depends on when a device was last seen, the one thing that changes without the device's version. */
  watches_check_in: boolean
  /** The dynamic ones that the accepted device matches, and those that list it as what it is, in no order. */
  matching(device: Listable): ActiveDeployment[]
}

type Kept = { set: ActiveSet; asked_ms: number }
const kept = new WeakMap<Env, Map<string, Kept>>()

const FORGOTTEN_AFTER_MS = 60 * 60 * 1000

/** As of `version` or later: kept in memory, brought up to date when the version has grown. */
export async function activeDeployments(env: Env, tenant_id: string, version: number): Promise<ActiveDeployments> {
  const found = kept.get(env)?.get(tenant_id)
  if (!found || found.set.version < version) return renewed(env, { tenant_id, version })
  found.asked_ms = env.now().getTime()
  return found.set
}

const NOTHING: readonly Named[] = []

/** What filters of a tenant looked at when this process knew it last. */
export const lookedAt = (env: Env, tenant_id: string): readonly Named[] =>
  kept.get(env)?.get(tenant_id)?.set.looks_at ?? NOTHING

/** One after the other for a tenant, so that nothing older comes after what is newer; who waits meanwhile shares the next. */
const renewed = batched<Env, { tenant_id: string; version: number }, ActiveDeployments>(
  async (env, asked) => {
    const { tenant_id } = asked[0]!
    const version = Math.max(...asked.map((one) => one.version))
    const tenants = kept.get(env) ?? new Map<string, Kept>()
    kept.set(env, tenants)
    const set = tenants.get(tenant_id)?.set ?? new ActiveSet()
    if (set.version < version) set.renew(await readRenewal(env.db, { tenant_id, version, set }))
    const asked_ms = env.now().getTime()
    forgetIdle(tenants, asked_ms)
    tenants.set(tenant_id, { set, asked_ms })
    return asked.map(() => set)
  },
  { atOnce: 1, lane: ({ tenant_id }) => tenant_id, name: 'active_deployments' },
)

/** Tenants of which no device has asked for long. */
function forgetIdle(tenants: Map<string, Kept>, now_ms: number) {
  for (const [tenant_id, { asked_ms }] of tenants) if (now_ms - asked_ms > FORGOTTEN_AFTER_MS) tenants.delete(tenant_id)
}

type Asked = { tenant_id: string; version: number; set: ActiveSet }

/** Reads in full only what the set does not have. */
async function readRenewal(db: Db, { tenant_id, version, set }: Asked): Promise<Renewal> {
  const active = await readActive(db, tenant_id)
  const added = await readRows(
    db,
    tenant_id,
    active.map(({ id }) => id).filter((id) => !set.byId.has(id)),
  )
  const deployments = [...added, ...active.flatMap(({ id }) => set.byId.get(id) ?? [])]
  const names = [...new Set(deployments.map(({ artifact_name }) => artifact_name))]
  const [any] = active
  const created_by = any && added.length > 0 ? any.deployments_version : set.created_by
  return {
    version,
    created_by,
    active,
    added,
    artifacts: await findArtifactsNamed(db, tenant_id, names, set.artifacts),
  }
}

const readActive = (db: Db, tenant_id: string) =>
  db.query<Renewal['active'][number] & { deployments_version: number }>(sql`
    select d.id, d.update_control_map, t.deployments_version
    from deployment_progress p join deployments d on d.tenant_id = p.tenant_id and d.id = p.deployment_id
      join tenants t on t.tenant_id = p.tenant_id
    where p.tenant_id = ${tenant_id} and p.finished is null`)

const readRows = async (db: Db, tenant_id: string, ids: readonly string[]) =>
  ids.length === 0
    ? []
    : db.query<ActiveRow>(sql`
        select d.tenant_id, d.id, d.artifact_name, d.created, d.type, d.dynamic, d.lists, d.groups,
          coalesce(d.filter -> 'terms', '[]') as terms, d.retries, d.force_installation,
          (d.dynamic and d.max_devices is not null) or exists (
            select 1 from deployment_phases f where f.tenant_id = d.tenant_id and f.deployment_id = d.id) as limited
        from deployments d where d.tenant_id = ${tenant_id} and d.id = any(${ids})`)
