import type { Artifact } from '../artifacts/artifact.ts'
import { conditionsIn } from '../inventory/filter.ts'
import { type AttributeName, ReferencedAttributes } from '../inventory/filters/referenced-attributes.ts'
import type { ActiveDeployment, ActiveDeployments } from './active-deployment.ts'
import { type AudienceDevice, termsOf, toMatch } from './audience.ts'
import { DispatchIndex } from './dispatch-index.ts'
import { attributesOf, type DownloadLimits } from './download-limits.ts'
import { conditionsOfPlaces, toExclude, toPlace } from './placement.ts'
import type { PollNeeds } from './poll-needs.ts'
import { zoneAttribute } from './rollout/schedule.ts'

/** The columns of a deployment that do not change while it is active. */
export type ActiveRow = Omit<
  ActiveDeployment,
  'matches' | 'excludes' | 'phaseOf' | 'artifacts' | 'update_control_map' | 'no_capacity'
>

/** The changes from the version of a set to a later one. */
export type ActiveSetUpdate = {
  version: number
  complete_as_of: number
  limits: DownloadLimits | null
  /** All that are active, with what may have changed. */
  active: readonly Pick<ActiveDeployment, 'id' | 'update_control_map'>[]
  /** Those that are missing from the set. */
  added: readonly ActiveRow[]
  /** All artifacts of the active deployments. */
  artifacts: readonly Artifact[]
}

/**
 * Updated in place, because filters are expensive to compile: its users may see a later version, never an earlier one.
 */
export class ActiveSet implements ActiveDeployments {
  version = -1
  complete_as_of = -1
  limits: DownloadLimits | null = null
  newest = ''
  readonly byId = new Map<string, ActiveDeployment>()
  artifacts: ReadonlyMap<string, Artifact> = new Map()
  readonly #index = new DispatchIndex<ActiveDeployment>()
  readonly #referenced = new ReferencedAttributes()
  readonly #rollbacks = new Map<string, ActiveDeployment[]>()
  needs = this.#findNeeds()

  get references_check_in(): boolean {
    return this.#referenced.has('system', 'check_in_time')
  }

  rollbacksOf(deployment_id: string): ActiveDeployment[] {
    return this.#rollbacks.get(deployment_id) ?? []
  }

  matching(device: AudienceDevice): ActiveDeployment[] {
    return this.#index.candidates(device).filter(({ matches }) => matches(device))
  }

  update({ version, complete_as_of, limits, active, added, artifacts }: ActiveSetUpdate): void {
    this.#replaceLimits(limits)
    const active_ids = new Set(active.map(({ id }) => id))
    for (const deployment of this.byId.values()) if (!active_ids.has(deployment.id)) this.#remove(deployment)
    this.#add(added)
    this.artifacts = new Map(artifacts.map((artifact) => [artifact.id, artifact]))
    const named = byName(artifacts)
    for (const { id, update_control_map } of active) {
      const deployment = this.byId.get(id)
      if (!deployment) continue
      deployment.update_control_map = update_control_map
      deployment.artifacts = named.get(deployment.artifact_name) ?? []
    }
    this.newest = ''
    for (const { created } of this.byId.values()) if (created > this.newest) this.newest = created
    this.needs = this.#findNeeds()
    this.version = version
    this.complete_as_of = complete_as_of
  }

  /** What is known of their schedule belongs to the object. */
  #replaceLimits(limits: DownloadLimits | null) {
    if (JSON.stringify(limits) === JSON.stringify(this.limits)) return
    this.#referenced.add(attributesOf(limits))
    this.#referenced.remove(attributesOf(this.limits))
    this.limits = limits
  }

  #add(rows: readonly ActiveRow[]) {
    const added = rows.map(toActive)
    for (const deployment of added) {
      this.byId.set(deployment.id, deployment)
      this.#referenced.add(referencedBy(deployment))
      if (deployment.rollback_of !== null) this.#changeRollbacks(deployment.rollback_of, (all) => [...all, deployment])
    }
    this.#index.add(added.filter(isIndexed))
  }

  #remove(deployment: ActiveDeployment) {
    this.byId.delete(deployment.id)
    this.#referenced.remove(referencedBy(deployment))
    if (deployment.rollback_of !== null)
      this.#changeRollbacks(deployment.rollback_of, (all) => all.filter((one) => one !== deployment))
    if (isIndexed(deployment)) this.#index.remove(deployment)
  }

  #changeRollbacks(of: string, change: (all: ActiveDeployment[]) => ActiveDeployment[]) {
    const all = change(this.rollbacksOf(of))
    if (all.length > 0) this.#rollbacks.set(of, all)
    else this.#rollbacks.delete(of)
  }

  #findNeeds(): PollNeeds {
    const deployments = [...this.byId.values()]
    return {
      ...{ referenced: this.#referenced.names, rolled_back: [...this.#rollbacks.keys()] },
      names: deployments.some(({ dynamic, audience }) => !dynamic && audience === null),
      lists: deployments.some(({ audience }) => audience === 'all' || audience === 'group'),
      has_rules: deployments.some(({ rollout }) => rollout !== null),
    }
  }
}

export const toActive = (row: ActiveRow): ActiveDeployment => ({
  ...row,
  terms: termsOf(row) ?? [],
  matches: toMatch(row),
  excludes: toExclude(row),
  phaseOf: toPlace({ ...row, is_random: row.rollout?.order === 'random' }),
  ...{ update_control_map: null, artifacts: [], no_capacity: new Map() },
})

/** A deployment that names its devices matches none. */
const isIndexed = ({ dynamic, audience }: ActiveRow) => dynamic || audience === 'all' || audience === 'group'

/** The attributes that the filters of a deployment and its time zone reference. */
function referencedBy({ dynamic, terms, rollout, ...row }: ActiveRow): AttributeName[] {
  const zone = rollout && zoneAttribute(rollout)
  return [...(dynamic ? conditionsIn(terms) : []), ...conditionsOfPlaces(row), ...(zone ? [zone] : [])]
}

function byName(artifacts: readonly Artifact[]): Map<string, Artifact[]> {
  const named = new Map<string, Artifact[]>()
  for (const artifact of artifacts) {
    const sameName = named.get(artifact.name)
    if (sameName) sameName.push(artifact)
    else named.set(artifact.name, [artifact])
  }
  return named
}
