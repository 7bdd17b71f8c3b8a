import type { Artifact } from '../artifacts/artifact.ts'
import { findArtifactsNamed } from '../artifacts/find-artifacts.ts'
import { sql } from '../db/sql.ts'
import type { Env } from '../env.ts'
import { columnOf, compile, type Filterable, type Term } from '../inventory/filter.ts'
import { DispatchIndex } from './dispatch-index.ts'

/** What a poll needs to know of an unfinished deployment; none of it changes while `deployments_version` stands. */
export type ActiveDeployment = {
  tenant_id: string
  id: string
  artifact_name: string
  created: string
  type: string
  dynamic: boolean
  terms: Term[]
  matches: (device: Filterable) => boolean
  retries: number
  force_installation: boolean
  update_control_map: Record<string, unknown> | null
  /** Whether offers depend on counters: it has phases or a limit. */
  limited: boolean
  artifacts: Artifact[]
}

/** The unfinished deployments of a tenant at one version. */
export type ActiveDeployments = {
  version: number
  byId: ReadonlyMap<string, ActiveDeployment>
  /** When the newest was created; empty: there is none. */
  newest: string
  /** Whether one depends on when a device was last seen, the one thing that changes without the device's version. */
  watches_check_in: boolean
  /** The dynamic ones that the device matches, in no order. */
  matching(device: Filterable): ActiveDeployment[]
}

type Kept = { version: number; active: Promise<ActiveDeployments> }
const kept = new WeakMap<Env, Map<string, Kept>>()

/** As of `version` or later: kept in memory, read again when the version has grown. */
export function activeDeployments(env: Env, tenant_id: string, version: number): Promise<ActiveDeployments> {
  const tenants = kept.get(env) ?? new Map<string, Kept>()
  kept.set(env, tenants)
  const found = tenants.get(tenant_id)
  if (found && found.version >= version) return found.active
  const active = load(env, tenant_id, version)
  tenants.set(tenant_id, { version, active })
  // A failed read must not be kept as the answer.
  active.catch(() => tenants.delete(tenant_id))
  return active
}

async function load(env: Env, tenant_id: string, version: number): Promise<ActiveDeployments> {
  const rows = await readRows(env, tenant_id)
  const names = [...new Set(rows.map(({ artifact_name }) => artifact_name))]
  const artifacts = byName(await findArtifactsNamed(env.db, tenant_id, names))
  const all = rows.map((row) => ({
    ...row,
    matches: compile(row.terms),
    artifacts: artifacts.get(row.artifact_name) ?? [],
  }))
  const index = new DispatchIndex(all.filter(({ dynamic }) => dynamic))
  return {
    version,
    byId: new Map(all.map((deployment) => [deployment.id, deployment])),
    newest: all.at(-1)?.created ?? '',
    watches_check_in: all.some(({ terms }) => terms.some(isOnCheckIn)),
    matching: (device) => index.candidates(device).filter(({ matches }) => matches(device)),
  }
}

const isOnCheckIn = ({ scope, attribute }: Term) => columnOf(scope, attribute) === 'check_in_time'

function byName(artifacts: Artifact[]): Map<string, Artifact[]> {
  const named = new Map<string, Artifact[]>()
  for (const artifact of artifacts) {
    const alike = named.get(artifact.name)
    if (alike) alike.push(artifact)
    else named.set(artifact.name, [artifact])
  }
  return named
}

type Row = Omit<ActiveDeployment, 'matches' | 'artifacts'>

const readRows = (env: Env, tenant_id: string) =>
  env.db.query<Row>(sql`
    select d.tenant_id, d.id, d.artifact_name, d.created, d.type, d.dynamic, coalesce(d.filter -> 'terms', '[]') as terms,
      d.retries, d.force_installation, d.update_control_map,
      (d.dynamic and d.max_devices is not null) or exists (
        select 1 from deployment_phases f where f.tenant_id = d.tenant_id and f.deployment_id = d.id) as limited
    from deployments d join deployment_progress p on p.tenant_id = d.tenant_id and p.deployment_id = d.id
    where d.tenant_id = ${tenant_id} and p.finished is null
    order by d.created`)
