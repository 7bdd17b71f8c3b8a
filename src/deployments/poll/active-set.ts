import type { Artifact } from '../../artifacts/artifact.ts'
import { LookedAt, type Named } from '../../inventory/excerpt.ts'
import { DispatchIndex } from '../dispatch-index.ts'
import { type Listable, termsOf, toMatch } from '../listing.ts'
import type { ActiveDeployment, ActiveDeployments } from './active-deployments.ts'

/** A deployment without what may change while it is active, and what is made of it here. */
export type ActiveRow = Omit<ActiveDeployment, 'matches' | 'artifacts' | 'update_control_map' | 'closed'>

/** What has become of a tenant since its deployments were looked at last. */
export type Renewal = {
  version: number
  created_by: number
  /** All that are active, with what may have changed. */
  active: readonly Pick<ActiveDeployment, 'id' | 'update_control_map'>[]
  /** Those of them that were not known. */
  added: readonly ActiveRow[]
  /** All artifacts that they name. */
  artifacts: readonly Artifact[]
}

/** Brought up to date in place, because filters are dear to compile: whoever holds it sees what is newer, never older. */
export class ActiveSet implements ActiveDeployments {
  version = -1
  created_by = -1
  newest = ''
  readonly byId = new Map<string, ActiveDeployment>()
  artifacts: ReadonlyMap<string, Artifact> = new Map()
  readonly #index = new DispatchIndex<ActiveDeployment>()
  readonly #looked = new LookedAt()

  get looks_at(): readonly Named[] {
    return this.#looked.names
  }

  get watches_check_in(): boolean {
    return this.#looked.has('system', 'check_in_time')
  }

  matching(device: Listable): ActiveDeployment[] {
    return this.#index.candidates(device).filter(({ matches }) => matches(device))
  }

  renew({ version, created_by, active, added, artifacts }: Renewal): void {
    const kept = new Set(active.map(({ id }) => id))
    for (const deployment of this.byId.values()) if (!kept.has(deployment.id)) this.#remove(deployment)
    this.#add(added)
    this.artifacts = new Map(artifacts.map((artifact) => [artifact.id, artifact]))
    const named = byName(artifacts)
    for (const { id, update_control_map } of active) {
      const deployment = this.byId.get(id)
      if (deployment)
        Object.assign(deployment, { update_control_map, artifacts: named.get(deployment.artifact_name) ?? [] })
    }
    this.newest = ''
    for (const { created } of this.byId.values()) if (created > this.newest) this.newest = created
    this.version = version
    this.created_by = created_by
  }

  #add(rows: readonly ActiveRow[]) {
    const added = rows.map((row) => ({
      ...row,
      terms: termsOf(row) ?? [],
      matches: toMatch(row),
      update_control_map: null,
      artifacts: [],
      closed: null,
    }))
    for (const deployment of added) {
      this.byId.set(deployment.id, deployment)
      if (deployment.dynamic) this.#looked.add(deployment.terms)
    }
    this.#index.add(added.filter(isMatched))
  }

  #remove(deployment: ActiveDeployment) {
    this.byId.delete(deployment.id)
    if (deployment.dynamic) this.#looked.remove(deployment.terms)
    if (isMatched(deployment)) this.#index.remove(deployment)
  }
}

/** Those that name their devices match none. */
const isMatched = ({ dynamic, lists }: ActiveRow) => dynamic || lists !== null

function byName(artifacts: readonly Artifact[]): Map<string, Artifact[]> {
  const named = new Map<string, Artifact[]>()
  for (const artifact of artifacts) {
    const alike = named.get(artifact.name)
    if (alike) alike.push(artifact)
    else named.set(artifact.name, [artifact])
  }
  return named
}
