import type { Artifact } from '../artifacts/artifact.ts'
import { type AttributeName, ReferencedAttributes } from '../inventory/referenced-attributes.ts'
import type { ActiveDeployment, ActiveDeployments } from './active-deployment.ts'
import { type AudienceDevice, termsOf, toMatch } from './audience.ts'
import { DispatchIndex } from './dispatch-index.ts'

/** A deployment without what may change while it is active, and what is made of it here. */
export type ActiveRow = Omit<ActiveDeployment, 'matches' | 'artifacts' | 'update_control_map' | 'no_capacity'>

/** What has become of a tenant since its deployments were looked at last. */
export type ActiveSetUpdate = {
  version: number
  complete_as_of: number
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
  complete_as_of = -1
  newest = ''
  readonly byId = new Map<string, ActiveDeployment>()
  artifacts: ReadonlyMap<string, Artifact> = new Map()
  readonly #index = new DispatchIndex<ActiveDeployment>()
  readonly #looked = new ReferencedAttributes()

  get referenced(): readonly AttributeName[] {
    return this.#looked.names
  }

  get references_check_in(): boolean {
    return this.#looked.has('system', 'check_in_time')
  }

  matching(device: AudienceDevice): ActiveDeployment[] {
    return this.#index.candidates(device).filter(({ matches }) => matches(device))
  }

  update({ version, complete_as_of: created_by, active, added, artifacts }: ActiveSetUpdate): void {
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
    this.complete_as_of = created_by
  }

  #add(rows: readonly ActiveRow[]) {
    const added = rows.map((row) => ({
      ...row,
      terms: termsOf(row) ?? [],
      matches: toMatch(row),
      update_control_map: null,
      artifacts: [],
      no_capacity: null,
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
const isMatched = ({ dynamic, audience }: ActiveRow) => dynamic || audience !== null

function byName(artifacts: readonly Artifact[]): Map<string, Artifact[]> {
  const named = new Map<string, Artifact[]>()
  for (const artifact of artifacts) {
    const alike = named.get(artifact.name)
    if (alike) alike.push(artifact)
    else named.set(artifact.name, [artifact])
  }
  return named
}
