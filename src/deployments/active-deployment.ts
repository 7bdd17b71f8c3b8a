import type { Artifact } from '../artifacts/artifact.ts'
import type { Filterable, FilterTerm } from '../inventory/filter.ts'
import type { AudienceDevice } from './audience.ts'
import type { ControlMap } from './deployment.ts'
import type { DeploymentType } from './deployment-type.ts'
import type { DownloadLimits } from './download-limits.ts'
import type { PhasePlace } from './placement.ts'
import type { PollNeeds } from './poll-needs.ts'
import type { NoCapacity } from './remaining-capacity.ts'
import type { Exclusion, RolloutRules } from './rollout/rules.ts'

/** What a poll needs of an unfinished deployment, at one `deployments_version` or later. */
export type ActiveDeployment = {
  tenant_id: string
  id: string
  artifact_name: string
  created: string
  type: DeploymentType
  dynamic: boolean
  /** As in `TargetDevices`. */
  audience: 'all' | 'group' | 'touched' | null
  groups: string[]
  /** The terms that its devices match, unless it names them. */
  terms: FilterTerm[]
  matches: (device: AudienceDevice) => boolean
  retries: number
  force_installation: boolean
  update_control_map: ControlMap | null
  /** Whether offers depend on counters: the deployment has phases, a device limit, or rules. */
  limited: boolean
  /** Whether it has a device limit that devices may find reached before it is finished. */
  may_be_full: boolean
  /** Null: it has no rules but its phases. */
  rollout: RolloutRules | null
  exclude: Exclusion | null
  /** For which devices each phase is; null: each is for any device. */
  places: PhasePlace[] | null
  /** The deployment whose devices it rolls back. */
  rollback_of: string | null
  /** The length of the configuration that it deploys, as JSON; null: it deploys a release. */
  configuration_bytes: number | null
  /** Whether it is not for a device, although the device is a target. */
  excludes: (device: Filterable) => boolean
  /** The phase of a device that is named, or has a rank; null: any. */
  phaseOf: (device: Filterable) => number | null
  artifacts: Artifact[]
  /** What claims of this process found, by the phase of the device, each at a version of the active deployments. */
  no_capacity: Map<number | null, NoCapacity & { version: number }>
}

/**
 * The unfinished deployments of a tenant, at `version` or later, but for those of configurations: each is for one device,
 * and is read with it.
 */
export type ActiveDeployments = {
  version: number
  /** At this version all of them existed. Facts of a device as of an earlier version may lack some that are for it. */
  complete_as_of: number
  byId: ReadonlyMap<string, ActiveDeployment>
  /** The download limits of the tenant; null: none. The same object until they change. */
  limits: DownloadLimits | null
  /** When the newest was created; empty: there is none. */
  newest: string
  /** The same object until it changes. */
  needs: PollNeeds
  /** Whether a filter references the check-in time, the one attribute that changes without the device's version. */
  references_check_in: boolean
  /** The rollbacks of a deployment. */
  rollbacksOf(deployment_id: string): ActiveDeployment[]
  /** The dynamic ones that the accepted device matches, and those that list it by its membership, in no order. */
  matching(device: AudienceDevice): ActiveDeployment[]
}
